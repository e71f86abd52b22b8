import Glibc
import Mail
import NIOCore
import Testing
import Wire

@testable import DaemonKit

@Suite("frames between programs")
struct WireConnectionTests {
    @Test("a message and its payload arrive, also over a socket pair")
    @EventLoopActor
    func roundTrip() async throws {
        var pair: [Int32] = [0, 0]
        #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let left = try await WireEndpoints.adopt(pair[0])
        let right = try await WireEndpoints.adopt(pair[1])
        left.send(ContentEnd(complete: true))
        left.send(ContentChunk(), payload: ByteBuffer(string: "hello"))
        let (end, _) = try await right.receive(ContentEnd.self, within: .seconds(5))
        #expect(end.complete)
        let (_, payload) = try await right.receive(ContentChunk.self, within: .seconds(5))
        #expect(payload.readableBytesView.elementsEqual("hello".utf8))
        await #expect(throws: WireFailure.deadline) { _ = try await right.receive(within: .milliseconds(10)) }
        left.close()
        await #expect(throws: WireFailure.closed) { _ = try await right.receive(within: .seconds(5)) }
    }

    @Test("several messages leave with one flush")
    @EventLoopActor
    func enqueue() async throws {
        var pair: [Int32] = [0, 0]
        #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let left = try await WireEndpoints.adopt(pair[0])
        let right = try await WireEndpoints.adopt(pair[1])
        left.enqueue(ContentEnd(complete: true))
        left.enqueue(ContentEnd(complete: false))
        await #expect(throws: WireFailure.deadline) { _ = try await right.receive(within: .milliseconds(10)) }
        left.flush()
        let (first, _) = try await right.receive(ContentEnd.self, within: .seconds(5))
        let (second, _) = try await right.receive(ContentEnd.self, within: .seconds(5))
        #expect(first.complete && !second.complete)
    }

    @Test("a peer that closes with something unread is told from one that had read everything")
    @EventLoopActor
    func reset() async throws {
        for unread in [true, false] {
            var pair: [Int32] = [0, 0]
            #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
            let connection = try await WireEndpoints.adopt(pair[0])
            if unread {
                connection.send(ContentEnd(complete: true))
                try await connection.drain()
            }
            close(pair[1])
            await #expect(throws: WireFailure.closed) { _ = try await connection.receive(within: .seconds(5)) }
            #expect(connection.wasReset == unread)
        }
    }
}
