import Glibc
import Mail
import NIOCore
import Testing
import Wire

@testable import DaemonKit

/// A UNIX socket that listens in a directory of its own.
private struct Listener: ~Copyable {
    let path: String
    let descriptor: Int32

    init() {
        path = "/tmp/martlet-agent-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) }
        }
        precondition(bound == 0 && listen(descriptor, 16) == 0)
    }

    deinit { unsafe unlink(path) }
}

/// Waits on the loop until something has happened; five seconds at most.
@EventLoopActor
private func until(_ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(5)
    while !condition() {
        try #require(ContinuousClock.now < deadline, "it did not happen within five seconds")
        await Task.yield()
    }
}

@Suite("delivery agents")
@EventLoopActor
struct DeliveryAgentTests {
    private static func request(_ delivery: UInt64) -> DeliveryRequest {
        let location = RecordLocation(segment: 1, nonce: SegmentNonce(high: 1, low: 2), offset: 64)
        let extent = ContentExtent(offset: 0, length: 0, crc: 0, seed: 0)
        let envelope = Envelope(queueID: QueueID(microseconds: 1, unique: 1), sender: .null, recipients: [], arrival: 1)
        let recipient = EnvelopeRecipient(EmailAddress(internal: "a@example.test"))
        return DeliveryRequest(
            delivery: delivery, location: location,
            content: ContentLocation(file: "f", header: extent, body: extent, bodyFile: nil, hasDotLines: false), nextHop: "x",
            envelope: envelope, recipients: [RequestedRecipient(ordinal: 7, recipient: recipient)], activated: 2, dispatched: 3)
    }

    private static let delivered = DeliveryStatus(.sent, EnhancedStatus(.success, 0, 0), "done")

    @Test("the agent speaks first, reports, and is free after the acknowledgement")
    func dialogue() async throws {
        let listener = Listener()
        let agent = DeliveryAgent(service: "discard") { delivery in
            delivery.report(7, Self.delivered)
            delivery.finish()
        }
        try await agent.listen(on: listener.descriptor)
        let qmgr = try await WireEndpoints.connect(to: listener.path)
        let (ready, _) = try await qmgr.receive(AgentReady.self, within: .seconds(5))
        #expect(ready.service == "discard")
        for number in 1...3 as ClosedRange<UInt64> {
            qmgr.send(Self.request(number))
            let (reports, _) = try await qmgr.receive(DeliveryReports.self, within: .seconds(5))
            #expect(reports.finished && reports.delivery == number)
            #expect(reports.reports == [RecipientReport(ordinal: 7, status: Self.delivered)])
            #expect(!agent.isIdle)
            qmgr.send(ReportsJournalled(delivery: number))
        }
        qmgr.close()
        await agent.stop()
        #expect(agent.isIdle)
    }

    @Test("a report that qmgr did not acknowledge is presented to the next one")
    func resumption() async throws {
        let listener = Listener()
        let next = Listener()
        var pending: Delivery?
        let agent = DeliveryAgent(service: "smtp", queueManager: next.path) { pending = $0 }
        try await agent.listen(on: listener.descriptor)
        let first = try await WireEndpoints.connect(to: listener.path)
        _ = try await first.receive(AgentReady.self, within: .seconds(5))
        var resumed: [WireConnection] = []
        _ = try await WireEndpoints.serve(listening: next.descriptor) { resumed.append($0) }
        first.send(Self.request(5))
        try await until { pending != nil }
        first.close()
        try await until { !resumed.isEmpty }
        let (inHand, _) = try await resumed[0].receive(ResumedReports.self, within: .seconds(5))
        #expect(inHand.inHand == [7] && inHand.reports.isEmpty)
        let delivery = try #require(pending)
        delivery.report(7, Self.delivered)
        delivery.finish()
        resumed[0].send(ReportsJournalled(delivery: 5))
        try await until { resumed.count == 2 }
        let (final, _) = try await resumed[1].receive(ResumedReports.self, within: .seconds(5))
        #expect(final.inHand.isEmpty && final.reports.map(\.ordinal) == [7])
        resumed[1].send(ReportsJournalled(delivery: 5))
        await agent.stop()
        #expect(agent.isIdle)
    }
}
