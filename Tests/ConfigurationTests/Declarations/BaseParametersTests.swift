import Platform
import Testing

@testable import Configuration

@Suite("defaults that depend on the machine or on each other")
struct BaseParametersTests {
    @Test(
        "names of the host",
        arguments: [
            ("", "mx.example.com", "mx.example.com", "example.com"), ("", "mx", "mx.localdomain", "localdomain"),
            ("mydomain = example.org", "mx", "mx.example.org", "example.org"),
            ("myhostname = a.b.c", "mx", "a.b.c", "b.c"),
            ("myhostname = mail.$mydomain", "mx.x.y", "mail.x.y", "x.y"),
            ("d = example.net\nmyhostname = mail.$d", "mx", "mail.example.net", "example.net"),
            ("myhostname = single", "mx.x.y", "single", "localdomain"),
        ])
    func names(text: String, host: String, name: String, domain: String) throws {
        let configuration = try Configuration.reading(text, host: FakeHost(hostName: host))
        #expect(try configuration.value(of: BaseParameters.myhostname) == name)
        #expect(try configuration.value(of: BaseParameters.mydomain) == domain)
        #expect(try configuration.value(of: BaseParameters.mydestination).words == [name, "localhost." + domain, "localhost"])
    }

    @Test(
        "mynetworks by style",
        arguments: [
            ("compatibility_level = 3.6", "127.0.0.1/32 192.0.2.10/32 [::1]/128"),
            ("", "127.0.0.0/8 192.0.2.0/24 [::1]/128"), ("mynetworks_style = class", "127.0.0.0/8 192.0.2.0/24 [::1]/128"),
            ("mynetworks_style = host\ninet_protocols = ipv4", "127.0.0.1/32 192.0.2.10/32"),
            ("mynetworks_style = subnet\ninet_interfaces = localhost", "127.0.0.0/8"),
            ("mynetworks = 10.0.0.0/8", "10.0.0.0/8"),
        ])
    func networks(text: String, expected: String) throws {
        let words = expected.split(separator: " ").map(String.init)
        #expect(try Configuration.reading(text).value(of: BaseParameters.mynetworks).words == words)
        #expect(try Configuration.reading(text + "\nx = $mynetworks").text(of: "x") == expected)
    }

    @Test("myorigin may name a file")
    func origin() throws {
        let directory = TemporaryDirectory()
        let file = try directory.write("mailname", "example.org \nsecond\n")
        let configuration = try Configuration.reading("myorigin = \(file)\nx = $myorigin")
        #expect(try configuration.value(of: BaseParameters.myorigin) == "example.org")
        #expect(try configuration.text(of: "x") == "example.org")
        #expect(throws: ConfigurationError.self) {
            try Configuration.reading("myorigin = /nowhere").value(of: BaseParameters.myorigin)
        }
    }

    @Test("defaults follow compatibility_level")
    func levels() throws {
        let old = try Configuration.reading("")
        let new = try Configuration.reading("compatibility_level = 2")
        #expect(try old.value(of: BaseParameters.relayDomains).words == (try old.value(of: BaseParameters.mydestination).words))
        #expect(try new.value(of: BaseParameters.relayDomains).words == [])
        #expect(try old.value(of: BaseParameters.smtpUTF8Enable) == .no)
        #expect(try new.value(of: BaseParameters.smtpUTF8Enable) == .yes)
    }

    @Test("every declared default is a value of its parameter")
    func valid() throws {
        let configuration = try Configuration.reading("")
        for parameter in BaseParameters.all { try parameter.check(configuration) }
    }

    @Test("names that no program declares expand to Postfix's defaults")
    func postfix() throws {
        let configuration = try Configuration.reading(
            "x = $smtpd_history_flush_threshold $smtp_destination_recipient_limit $slow_recipient_limit")
        #expect(try configuration.text(of: "x") == "100 50 20000")
        #expect(try configuration.text(of: "no_such_thing") == nil)
    }

    @Test("every default of the table can be expanded")
    func table() throws {
        let configuration = try Configuration.reading("")
        for name in PostfixParameters.names { _ = try configuration.text(of: name) }
        #expect(PostfixParameters.names.count > 850)
    }

    @Test("an override counts, and is expanded where it is used")
    func override() throws {
        var configuration = try Configuration.reading("syslog_name = x")
        configuration.override("service_name", .init("submission"))
        configuration.override("syslog_name", .init("postfix/$service_name"))
        #expect(try configuration.value(of: BaseParameters.syslogName) == "postfix/submission")
    }

    @Test("what a program declares is known to $name")
    func declared() throws {
        var configuration = try Configuration.reading("x = $martlet_only")
        configuration.declare([Parameter<Int>("martlet_only", default: "7", summary: "")])
        #expect(try configuration.text(of: "x") == "7")
    }
}
