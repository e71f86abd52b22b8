import Testing

@testable import DaemonKit

@Suite("how master calls a daemon")
struct InvocationTests {
    @Test("options, overrides and what follows them")
    func words() throws {
        let invocation = try Invocation([
            "-n", "submission", "-t", "inet", "-c", "/etc/x", "-o", "syslog_name = postfix/submission", "-v", "-o", "a=b=c",
            "-o",
            "empty=", "--", "flags=R", "-x",
        ])
        #expect(invocation.serviceName == "submission")
        #expect(invocation.configurationDirectory == "/etc/x")
        #expect(invocation.overrides.map(\.name) == ["syslog_name", "a", "empty"])
        #expect(invocation.overrides.map(\.value) == ["postfix/submission", "b=c", ""])
        #expect(invocation.arguments == ["flags=R", "-x"])
    }

    @Test("what is no option is refused", arguments: [["-n"], ["-o", "name"], ["-o", "=x"], ["-Q"]])
    func refused(_ words: [String]) {
        #expect(throws: StartupError.self) { try Invocation(words) }
    }
}
