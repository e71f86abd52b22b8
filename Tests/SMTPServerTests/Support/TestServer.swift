import Configuration
import DaemonKit
import Foundation
import Glibc
import Mail
import NIOCore
import SMTPProtocol
import Testing

@testable import SMTPServer

/// A running smtpd in this process, with a ``FakeCleanup``, in a temporary directory.
@EventLoopActor
final class TestServer {
    let server: SMTPServer
    let cleanup: FakeCleanup
    private(set) var port = 0
    private let directory: String
    private var clients: [RawClient] = []

    /// Lines of main.cf; what a test needs otherwise is set here.
    nonisolated static func configuration(_ lines: [String]) -> Configuration {
        let standard = [
            "compatibility_level = 3.6", "myhostname = mx.example.test", "mydestination = example.test", "alias_maps =",
            "local_recipient_maps = inline:{user=x, second=x}", "mynetworks = 127.0.0.0/8 [::1]/128",
            "inet_interfaces = 127.0.0.1",
            "smtpd_client_port_logging = yes", "virtual_alias_maps =", "relay_domains = relayed.test",
        ]
        var settings: [String: Configuration.Setting] = [:]
        for (number, line) in (standard + lines).enumerated() {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts[1].trimmingCharacters(in: .whitespaces)
            settings[parts[0].trimmingCharacters(in: .whitespaces)] = .init(value, file: "main.cf", line: number + 1)
        }
        var configuration = Configuration(directory: "/etc/martlet", settings: settings)
        configuration.declare(SMTPServerParameters.all)
        return configuration
    }

    init(_ lines: [String] = [], share: Int? = nil, withCleanup: Bool = true) async throws {
        _ = LogCollector.shared
        directory = NSTemporaryDirectory() + "smtpd-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        cleanup = FakeCleanup(directory: directory)
        if withCleanup { try await cleanup.start() }
        var settings = try SMTPServerSettings(Self.configuration(lines), share: share, warn: { _ in })
        settings.cleanupSocket = cleanup.path
        server = SMTPServer(settings, lease: 7)
        let listener = try listenOnLoopback()
        port = listener.port
        try await server.listen(on: listener.descriptor)
    }

    func connect() async throws -> RawClient {
        let client = try await RawClient(port: port)
        clients.append(client)
        return client
    }

    /// A client that has read the banner.
    func greeted() async throws -> RawClient {
        let client = try await connect()
        #expect(try await client.reply()?.code == 220)
        return client
    }

    /// A client for whom DATA has been answered with 354.
    func inContent() async throws -> RawClient {
        let client = try await greeted()
        for command in ["EHLO c.test", "MAIL FROM:<a@b.test>", "RCPT TO:<user@example.test>", "DATA"] {
            let reply = try await client.say(command)
            #expect(["2", "3"].contains(reply.prefix(1)), "\(command): \(reply)")
        }
        return client
    }

    func stop(closingClients: Bool = true) async throws {
        if closingClients { for client in clients { client.close() } }
        await server.stop()
        try await cleanup.stop()
        try FileManager.default.removeItem(atPath: directory)
    }

    /// Log lines of one session.
    func log(of client: RawClient) -> [String] { LogCollector.shared.lines(containing: "]:\(client.port)") }

    /// Waits until the log has such a line of this session.
    func waitForLog(_ client: RawClient, _ text: String) async throws {
        for _ in 0..<1000 {
            if log(of: client).contains(where: { $0.contains(text) }) { return }
            await EventLoopActor.sleep(for: .milliseconds(10))
        }
        Issue.record("no log line with \(text): \(log(of: client))")
    }
}

/// Runs a test with a server that is stopped afterwards.
@EventLoopActor
func withServer(
    _ lines: [String] = [], share: Int? = nil, withCleanup: Bool = true,
    _ body: @EventLoopActor (TestServer) async throws -> Void
) async throws {
    let server = try await TestServer(lines, share: share, withCleanup: withCleanup)
    do {
        try await body(server)
    } catch {
        try await server.stop()
        throw error
    }
    try await server.stop()
}

/// Polls a condition until the deadline.
@EventLoopActor
func eventually(_ what: String, _ condition: () -> Bool) async {
    for _ in 0..<1000 {
        if condition() { return }
        await EventLoopActor.sleep(for: .milliseconds(10))
    }
    Issue.record("not in time: \(what)")
}
