import Glibc
import Mail
import NIOCore
import Platform
import Testing
import Wire

@testable import DaemonKit
@testable import QueueManager
@testable import Spool

extension FakeStore: BatchStore {
    func close() {}
}

/// A queue manager over a fake store, with real sockets.
@EventLoopActor
final class ManagerBench {
    let directory: TemporaryDirectory
    let store = FakeStore()
    let manager: QueueManager
    private(set) var cleanup: WireConnection
    private var offset: UInt64 = 0
    private var lastID: UInt64 = 0

    init(_ change: (inout QueueManagerSettings) -> Void = { _ in }) async throws {
        directory = try TemporaryDirectory()
        var settings = QueueManagerSettings(queueDirectory: directory.path)
        settings.socketDirectory = directory.path + "/"
        change(&settings)
        nonisolated(unsafe) let store = store
        manager = QueueManager(settings: settings, resolver: TableResolver(), census: FakeCensus()) {
            (unsafe store, RecoveryReport())
        }
        manager.begin { Issue.record("\($0)") }
        try await manager.serve(on: listenOnSocket(directory.path + "/public/qmgr"))
        cleanup = try await WireEndpoints.connect(to: directory.path + "/public/qmgr")
    }

    func listen(_ service: String) throws -> Int32 { try listenOnSocket(directory.path + "/private/" + service) }

    /// Sends the word about one message.
    @discardableResult
    func arrive(to recipients: String..., origin: MessageOrigin? = nil) -> QueueID {
        lastID += 1
        var envelope = Envelope(
            queueID: QueueID(microseconds: 0, unique: lastID), sender: ReversePath(internal: "s@x"),
            recipients: recipients.map { EnvelopeRecipient(EmailAddress(internal: $0)) }, arrival: SystemTime().wall)
        envelope.origin = origin
        cleanup.send(
            ArrivalNotice(
                segment: 1, nonce: FakeStore.nonce, from: offset, synced: offset + 8, sealed: false,
                records: [
                    ArrivedRecord(
                        offset: offset, length: 8, envelope: EnvelopeCoding.encode(envelope), content: FakeStore.content,
                        committed: 0)
                ]))
        offset += 8
        return envelope.queueID
    }

    /// Waits for something that happens on the loop.
    func until(_ condition: () -> Bool) async throws {
        let deadline = NIODeadline.now() + .seconds(10)
        while !condition() {
            try #require(NIODeadline.now() < deadline, "it did not happen in time")
            await EventLoopActor.sleep(for: .milliseconds(5))
        }
    }

}

@Suite("the queue manager with real sockets", .serialized)
@EventLoopActor
struct QueueManagerTests {
    @Test("mail goes to an agent, its connection is used again, and the store is told")
    func delivery() async throws {
        let bench = try await ManagerBench()
        var deliveries: [Delivery] = []
        let agent = DeliveryAgent(service: "smtp", queueManager: bench.directory.path + "/public/qmgr") { delivery in
            deliveries.append(delivery)
            for recipient in delivery.request.recipients {
                delivery.report(recipient.ordinal, DeliveryStatus(.sent, EnhancedStatus(.success, 0, 0), "ok"))
            }
            delivery.finish()
        }
        try await agent.listen(on: bench.listen("smtp"))
        for _ in 0..<50 { bench.arrive(to: "a@x") }
        for _ in 0..<50 {
            _ = try await bench.cleanup.receive(ArrivalAcknowledgement.self, within: .seconds(10))
        }
        try await bench.until { deliveries.count == 50 }
        try await bench.until { bench.manager.deliveriesInHand == 0 }
        await bench.manager.end()
        #expect(bench.store.records.isEmpty)
        #expect(Set(deliveries.map(\.request.delivery)).count == 50)
    }

    @Test("without an agent mail is deferred")
    func unavailable() async throws {
        let bench = try await ManagerBench()
        bench.arrive(to: "a@x")
        _ = try await bench.cleanup.receive(ArrivalAcknowledgement.self, within: .seconds(10))
        try await bench.until { bench.manager.activeMessages == 0 }
        await bench.manager.end()
        #expect(bench.store.records.values.first?.reasons[0]?.text == "mail transport unavailable")
    }

    @Test(
        "an agent that dies with a request in hand leaves an unknown outcome; one that never read it does not",
        arguments: [true, false])
    func death(reads: Bool) async throws {
        let bench = try await ManagerBench()
        var agents: [WireConnection] = []
        let listener = try await WireEndpoints.serve(listening: bench.listen("smtp")) { connection in
            if !reads, agents.isEmpty { connection.channel.setOption(.autoRead, value: false).whenFailure { Issue.record($0) } }
            agents.append(connection)
            connection.send(AgentReady(service: "smtp", agent: 1))
        }
        bench.arrive(to: "a@x")
        try await bench.until { agents.count == 1 }
        if reads {
            _ = try await agents[0].receive(DeliveryRequest.self, within: .seconds(10))
            agents[0].close()
            try await bench.until { bench.manager.activeMessages == 0 }
            await bench.manager.end()
            #expect(bench.store.records.values.first?.reasons[0]?.text == "unknown mail transport error")
        } else {
            // The request comes to a socket that nobody reads any more.
            await EventLoopActor.sleep(for: .milliseconds(50))
            agents[0].close()
            try await bench.until { agents.count == 2 }
            let (request, _) = try await agents[1].receive(DeliveryRequest.self, within: .seconds(10))
            agents[1].send(
                DeliveryReports(
                    delivery: request.delivery,
                    reports: [RecipientReport(ordinal: 0, status: DeliveryStatus(.sent, EnhancedStatus(.success, 0, 0), "ok"))],
                    finished: true))
            _ = try await agents[1].receive(ReportsJournalled.self, within: .seconds(10))
            await bench.manager.end()
            #expect(bench.store.records.isEmpty)
        }
        listener.close(promise: nil)
    }

    @Test("an agent that leaves delivers what crosses its word, and loses nothing of what follows")
    func leaving() async throws {
        let bench = try await ManagerBench()
        var done: Set<UInt64> = []
        var waiting: [Delivery] = []
        func makeAgent() -> DeliveryAgent {
            DeliveryAgent(service: "smtp", queueManager: bench.directory.path + "/public/qmgr") { delivery in
                waiting.append(delivery)
                EventLoopActor.loop.scheduleTask(in: .milliseconds(1)) {
                    EventLoopActor.assumeOnLoop {
                        done.insert(delivery.request.location.offset)
                        delivery.report(0, DeliveryStatus(.sent, EnhancedStatus(.success, 0, 0), "ok"))
                        delivery.finish()
                    }
                }
            }
        }
        let descriptor = try bench.listen("smtp")
        var agent = makeAgent()
        try await agent.listen(on: dup(descriptor))
        var stops: [Task<Void, Never>] = []
        for round in 0..<20 {
            for _ in 0..<10 { bench.arrive(to: "a@x\(round)") }
            try await bench.until { waiting.count > round * 10 }
            // As at a reload; NIO does not like two listeners of one socket on one loop.
            let old = agent
            stops.append(Task { await old.stop() })
            await EventLoopActor.turn()
            agent = makeAgent()
            try await agent.listen(on: dup(descriptor))
        }
        for stop in stops { await stop.value }
        try await bench.until { done.count == 200 }
        try await bench.until { bench.manager.heldMessages == 0 }
        await bench.manager.end()
        #expect(bench.store.records.isEmpty)
        #expect(waiting.count == 200)
    }

    @Test("one agent that ends before it is ready is not the end of the transport")
    func badGreeting() async throws {
        let bench = try await ManagerBench()
        var agents = 0
        let listener = try await WireEndpoints.serve(listening: bench.listen("smtp")) { connection in
            agents += 1
            if agents < 3 { return connection.close() }
            connection.onFrame = { frame in
                guard let request = try? frame.decode(DeliveryRequest.self) else { return }
                let report = RecipientReport(ordinal: 0, status: DeliveryStatus(.sent, EnhancedStatus(.success, 0, 0), "ok"))
                connection.send(DeliveryReports(delivery: request.delivery, reports: [report], finished: true))
            }
            connection.send(AgentReady(service: "smtp", agent: 1))
        }
        bench.arrive(to: "a@x")
        try await bench.until { agents == 3 }
        try await bench.until { bench.manager.heldMessages == 0 }
        await bench.manager.end()
        #expect(bench.store.records.isEmpty)
        listener.close(promise: nil)
    }

    @Test("failures are reported over private/bounce")
    func bounce() async throws {
        let bench = try await ManagerBench()
        let agent = DeliveryAgent(service: "smtp", queueManager: bench.directory.path + "/public/qmgr") { delivery in
            for recipient in delivery.request.recipients {
                delivery.report(recipient.ordinal, DeliveryStatus(.bounced, EnhancedStatus(.permanent, 1, 1), "no such user"))
            }
            delivery.finish()
        }
        try await agent.listen(on: bench.listen("smtp"))
        var notices: [NoticeRequest] = []
        let bounce = try await WireEndpoints.serve(listening: bench.listen("bounce")) { connection in
            connection.onFrame = { frame in
                guard let notice = try? frame.decode(NoticeRequest.self) else { return }
                notices.append(notice)
                connection.send(NoticeResult(.notNeeded))
            }
        }
        bench.arrive(to: "a@x", "b@x")
        try await bench.until { notices.count == 1 }
        try await bench.until { bench.manager.heldMessages == 0 }
        await bench.manager.end()
        #expect(notices[0].recipients.map(\.ordinal) == [0, 1])
        #expect(bench.store.records.isEmpty)
        bounce.close(promise: nil)
    }

    @Test("tools and showq are answered; nonsense is not")
    func clients() async throws {
        let bench = try await ManagerBench()
        let path = bench.directory.path + "/public/qmgr"
        let tool = try await WireEndpoints.connect(to: path)
        tool.send(QueueCommand(.flushAll))
        let (result, _) = try await tool.receive(QueueCommandResult.self, within: .seconds(10))
        #expect(result == QueueCommandResult(count: 0, error: nil))
        let showq = try await WireEndpoints.connect(to: path)
        showq.send(LiveQueueQuery())
        let (rows, _) = try await showq.receive(LiveQueueRows.self, within: .seconds(10))
        #expect(rows.last)
        let stranger = try await WireEndpoints.connect(to: path)
        stranger.send(ContentEnd(complete: true))
        await #expect(throws: WireFailure.closed) { _ = try await stranger.receive(within: .seconds(10)) }
        await bench.manager.end()
    }

    @Test("idle connections are closed")
    func idle() async throws {
        let bench = try await ManagerBench { $0.idleLimit = .milliseconds(100) }
        var agents: [WireConnection] = []
        let listener = try await WireEndpoints.serve(listening: bench.listen("smtp")) { connection in
            agents.append(connection)
            connection.send(AgentReady(service: "smtp", agent: 1))
        }
        bench.arrive(to: "a@x")
        try await bench.until { agents.count == 1 }
        let (request, _) = try await agents[0].receive(DeliveryRequest.self, within: .seconds(10))
        agents[0].send(DeliveryReports(delivery: request.delivery, reports: [], finished: true))
        try await bench.until { !agents[0].isOpen }
        await bench.manager.end()
        listener.close(promise: nil)
    }
}
