import DaemonKit
import NIOCore
import SMTPProtocol
import Testing
import Wire

@testable import SMTPServer

@Suite("the process and its sessions")
@EventLoopActor
struct ProcessTests {
    @Test("at the cap the next client waits for a place")
    func cap() async throws {
        try await withServer(["smtpd_sessions_per_process = 2"]) { server in
            let first = try await server.greeted()
            let second = try await server.greeted()
            let third = try await server.connect()
            await EventLoopActor.sleep(for: .milliseconds(50))
            #expect(server.log(of: third).isEmpty)
            #expect(try await first.say("QUIT").hasPrefix("221"))
            #expect(try await third.reply()?.code == 220)
            #expect(try await second.say("NOOP").hasPrefix("250"))
        }
    }

    @Test("master's share is a cap as well")
    func share() async throws {
        try await withServer(share: 1) { server in
            let first = try await server.greeted()
            let second = try await server.connect()
            await EventLoopActor.sleep(for: .milliseconds(50))
            #expect(server.log(of: second).isEmpty)
            first.close()
            #expect(try await second.reply()?.code == 220)
        }
    }

    @Test("a stop lets transactions finish and sends the idle away")
    func stop() async throws {
        let server = try await TestServer()
        let idle = try await server.greeted()
        let busy = try await server.inContent()
        let stopping = Task { @EventLoopActor in try await server.stop(closingClients: false) }
        #expect(try await idle.reply()?.description == "421 4.3.2 mx.example.test Service shutting down")
        #expect(try await idle.seesEnd())
        busy.send("x\r\n.\r\n")
        #expect(try await busy.reply()?.code == 250)
        #expect(try await busy.reply()?.code == 421)
        #expect(try await busy.seesEnd())
        try await stopping.value
        #expect(server.cleanup.messages.count == 1 && server.server.isIdle)
    }
}
