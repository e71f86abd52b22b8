import Glibc
import Mail
import MailLog
import NIOCore
import Platform
import Resolver
import SMTPProtocol
import Synchronization
import Testing
import Wire

@testable import DaemonKit
@testable import SMTPClient
@testable import Spool

/// A client with its agent, and the queue manager's side of one connection to it.
@EventLoopActor
final class QueueManagerDouble {
    let client: SMTPClient
    private let agent: DeliveryAgent
    private let connection: WireConnection
    private let directory: String
    private var deliveries: UInt64 = 0

    private init(client: SMTPClient, agent: DeliveryAgent, connection: WireConnection, directory: String) {
        self.client = client
        self.agent = agent
        self.connection = connection
        self.directory = directory
    }

    /// - Parameter change: what differs from defaults that suit tests: short times, a fixed order.
    static func start(
        names: (any NameService)? = nil, _ change: (inout SMTPClientSettings) -> Void = { _ in }
    ) async throws -> QueueManagerDouble {
        CapturedLog.begin()
        var template = Array("/tmp/martlet-smtp-XXXXXX".utf8CString)
        let directory = try #require(unsafe mkdtemp(&template).map { unsafe String(cString: $0) })
        var settings = SMTPClientSettings()
        settings.dialogue.heloName = "me.test"
        settings.dialogue.myHostname = "me.test"
        settings.hosts.randomizes = false
        settings.reuse.keepLimit = .seconds(60)
        change(&settings)
        let contents = Spool.ContentReader(queueDirectory: directory, fileSystem: POSIXFileSystem())
        let client = SMTPClient(settings, contents: contents, names: names)
        let agent = DeliveryAgent(service: "smtp", queueManager: directory + "/qmgr") { client.deliver($0) }
        let listener = try listen(directory + "/smtp")
        try await agent.listen(on: listener)
        let connection = try await WireEndpoints.connect(to: directory + "/smtp")
        let (ready, _) = try await connection.receive(AgentReady.self, within: .seconds(10))
        precondition(ready.service == "smtp")
        return QueueManagerDouble(client: client, agent: agent, connection: connection, directory: directory)
    }

    /// What became of one delivery: each recipient's status in the order of the reports.
    struct Outcome: Sendable {
        var statuses: [UInt32: DeliveryStatus] = [:]
        var siteFailure: DeliveryStatus?
        var frames = 0
        /// `outcome code text` of each recipient.
        var lines: [String] {
            statuses.sorted { $0.key < $1.key }.map { "\($0.value.outcome) \($0.value.code) \($0.value.text)" }
        }
    }

    func deliver(
        _ nextHop: String, _ recipients: [String] = ["b@y.test"], content: String = "Subject: x\r\n\r\nhello\r\n",
        id: String = "Q1", damaged: Bool = false, _ change: (inout Envelope) -> Void = { _ in }
    ) async throws -> Outcome {
        deliveries += 1
        let location = try store(content, damaged: damaged)
        var envelope = Envelope(
            queueID: try #require(QueueID(id)), sender: ReversePath(internal: "a@x.test"), recipients: [],
            arrival: SystemTime().wall)
        change(&envelope)
        let requested = recipients.enumerated().map {
            RequestedRecipient(ordinal: UInt32($0.offset), recipient: EnvelopeRecipient(EmailAddress(internal: $0.element)))
        }
        let now = SystemTime().wall
        connection.send(
            DeliveryRequest(
                delivery: deliveries, location: RecordLocation(segment: 1, nonce: SegmentNonce(high: 0, low: 0), offset: 0),
                content: location, nextHop: nextHop, envelope: envelope, recipients: requested, activated: now, dispatched: now)
        )
        var outcome = Outcome()
        while true {
            let (reports, _) = try await connection.receive(DeliveryReports.self, within: .seconds(30))
            precondition(reports.delivery == deliveries)
            outcome.frames += 1
            for report in reports.reports {
                precondition(outcome.statuses[report.ordinal] == nil, "a recipient was reported twice")
                outcome.statuses[report.ordinal] = report.status
            }
            if reports.finished {
                outcome.siteFailure = reports.siteFailure
                connection.send(ReportsJournalled(delivery: deliveries))
                return outcome
            }
        }
    }

    private func store(_ content: String, damaged: Bool) throws -> ContentLocation {
        let bytes = Array(content.utf8)
        let split = Self.find("\r\n\r\n", in: content).map { $0 + 4 } ?? bytes.count
        let name = "content-\(deliveries)"
        let file = try POSIXFileSystem().open(directory + "/" + name, .createNew(permissions: 0o600))
        defer { file.close() }
        try file.write([0, 0, 0, 0] + bytes, at: 0)
        let header = Array(bytes[..<split])
        let body = Array(bytes[split...])
        return ContentLocation(
            file: name,
            header: ContentExtent(offset: 4, length: UInt64(header.count), crc: Checksum.crc(header, seed: 7), seed: 7),
            body: ContentExtent(
                offset: 4 + UInt64(split), length: UInt64(body.count), crc: Checksum.crc(body, seed: 8) ^ (damaged ? 1 : 0),
                seed: 8),
            bodyFile: nil, hasDotLines: bytes.first == 46 || Self.find("\r\n.", in: content) != nil)
    }

    /// By the C library: a loop of Swift takes seconds for a large content in a debug build.
    private static func find(_ text: String, in content: String) -> Int? {
        unsafe content.withCString { content in unsafe strstr(content, text).map { unsafe UnsafePointer($0) - content } }
    }

    private static func listen(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let isBound = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        precondition(isBound && Glibc.listen(descriptor, 16) == 0, "a socket for the agent")
        return descriptor
    }
}

/// Every line that the process logs, for tests that look for theirs.
final class CapturedLog: LogSink {
    private static let shared: CapturedLog = {
        let log = CapturedLog()
        Log.configure(log)
        return log
    }()
    private let lines = Mutex<[String]>([])

    static func begin() { _ = shared }

    static func lines(with text: String) -> [String] { shared.lines.withLock { $0.filter { $0.contains(text) } } }

    func write(_ severity: LogSeverity, _ text: String) { lines.withLock { $0.append(text) } }
}
