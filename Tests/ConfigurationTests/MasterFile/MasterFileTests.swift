import Platform
import Testing

@testable import Configuration

@Suite("master.cf")
struct MasterFileTests {
    private func parse(_ text: String) throws(ConfigurationError) -> [ServiceEntry] {
        try MasterFile.parse(Array(text.utf8), file: "master.cf").services
    }

    @Test("columns")
    func columns() throws {
        let services = try parse(
            """
            # service type  private unpriv  chroot  wakeup  maxproc command + args
            smtp      inet  n       -       n       -       -       smtpd
            pickup    fifo  n       n       y       60?     1       pickup
            cleanup   unix  n       -       -       -       0       cleanup
            postlog   unix-dgram n  -       n       -       1       postlogd
            smtpd     pass  -       -       n       0       20      smtpd
            """)
        #expect(services.map(\.name) == ["smtp", "pickup", "cleanup", "postlog", "smtpd"])
        #expect(services.map(\.kind) == [.inet, .fifo, .unix, .unixDatagram, .pass])
        #expect(services.map(\.isPrivate) == [false, false, false, false, true])
        #expect(services.map(\.isUnprivileged) == [true, false, true, true, true])
        #expect(services.map(\.chroot) == [false, true, nil, false, false])
        #expect(services.map(\.wakeup) == [nil, .init(seconds: 60, onlyIfUsed: true), nil, nil, nil])
        #expect(services.map(\.processLimit) == [.standard, .limit(1), ServiceEntry.ProcessLimit.none, .limit(1), .limit(20)])
        #expect(services.map(\.line) == [2, 3, 4, 5, 6])
    }

    @Test("options and arguments")
    func options() throws {
        let service = try #require(
            try parse(
                """
                submission inet n - n - - smtpd -v -vv
                  -o syslog_name=postfix/submission
                  -o { smtpd_client_restrictions = permit_sasl_authenticated, reject }
                # not this one
                  -osmtpd_banner= -- rest
                """
            ).first)
        #expect(service.verbosity == 3)
        #expect(
            service.overrides == [
                .init("syslog_name", "postfix/submission"),
                .init("smtpd_client_restrictions", "permit_sasl_authenticated, reject"), .init("smtpd_banner", ""),
            ])
        #expect(service.arguments == ["rest"])
    }

    @Test("a pipe's arguments stay as they are")
    func pipe() throws {
        let service = try #require(
            try parse("dovecot unix - n n - - pipe\n  flags=DRhu user=vmail argv=/usr/lib/dovecot-lda -f ${sender} -d { a b }")
                .first)
        #expect(service.arguments == ["flags=DRhu", "user=vmail", "argv=/usr/lib/dovecot-lda", "-f", "${sender}", "-d", "a b"])
        #expect(service.overrides.isEmpty)
    }

    @Test(
        "endpoints",
        arguments: [
            ("smtp", nil, "smtp"), ("127.0.0.1:2525", "127.0.0.1", "2525"), ("[::1]:25", "::1", "25"), (":587", nil, "587"),
            ("localhost:smtps", "localhost", "smtps"),
        ] as [(String, String?, String)])
    func endpoints(name: String, host: String?, port: String) {
        let endpoint = ServiceEntry(name: name, kind: .inet, program: "smtpd").endpoint
        #expect(endpoint.host == host && endpoint.port == port)
    }

    @Test(
        "errors name file, line and what to write",
        arguments: [
            ("a unix - - - - -", "7 columns"), ("a tcp - - - - - x", "service type"), ("a unix x - - - - x", "private: write"),
            ("a unix - - q - - x", "chroot: write"), ("a unix - - - soon - x", "wakeup: write"),
            ("a unix - - - - many x", "maxproc: write"), ("a unix - - - - - /bin/x", "without a path"),
            ("a unix - - - - - x -o", "nothing behind -o"), ("a unix - - - - - x -o novalue", "no \"=\""),
            ("a unix - - - - - x -o { a = b", "not closed"), ("a unix - - - - - x -q", "unknown option"),
            ("a inet y - - - - x", "cannot be private"), ("h: inet n - - - - x", "no port"),
            ("  a unix - - - - - x", "white space"),
        ])
    func errors(line: String, reason: String) {
        #expect { try parse("\n" + line) } throws: { "\($0)".hasPrefix("master.cf, line 2: ") && "\($0)".contains(reason) }
    }

    @Test("of two lines for one service the last counts, and the first is told")
    func twice() throws {
        let file = try MasterFile.parse(
            Array("a unix - - - - - x\na inet n - - - - x\na unix - - - - - y".utf8), file: "master.cf")
        #expect(file.services.map(\.program) == ["x", "y"])
        #expect(file.replaced.map(\.description) == ["master.cf, line 1: service a unix: line 3 replaces this one"])
    }

    @Test("the installed Postfix's own file", .enabled(if: Postfix.isInstalled, "no Postfix to compare with"))
    func stock() throws {
        let directory = TemporaryDirectory()
        let path = "/etc/postfix/master.cf.proto"
        let text = String(decoding: try WholeFile.read(path), as: UTF8.self)
        try directory.write("main.cf", "")
        try directory.write("master.cf", text)
        let ours = try parse(text)
        let theirs = String(
            decoding: try ProgramOutput.run(Postfix.postconf, ["-c", directory.path, "-M"]), as: UTF8.self
        ).split(separator: "\n").filter { !$0.hasPrefix(" ") }
        #expect(
            ours.map { "\($0.name) \($0.kind.rawValue) \($0.program)" }
                == theirs.map { line in
                    let words = line.split(separator: " ")
                    return "\(words[0]) \(words[1]) \(words[7])"
                })
        // As shipped: nothing stops, nothing is said.
        let findings = ours.compactMap { ServiceDisposition($0).finding($0) }
        #expect(findings == [])
    }
}
