import Testing

@testable import Resolver

@Suite("addresses")
struct IPAddressTests {
    @Test(
        "text there and back",
        arguments: ["192.0.2.1", "0.0.0.0", "255.255.255.255", "::1", "2001:db8::25", "::ffff:192.0.2.1"])
    func text(_ text: String) {
        #expect(IPAddress(text)?.description == text)
    }

    @Test("what is no address", arguments: ["", "1.2.3", "256.1.1.1", "1.2.3.4.5", "[::1]", "::1%lo", "host", "1.2.3.4 "])
    func malformed(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("mapped addresses can be unmapped")
    func mapped() {
        #expect(IPAddress("::ffff:127.0.0.1")?.unmapped == IPAddress("127.0.0.1"))
        #expect(IPAddress("::ffff:127.0.0.1")?.isLoopback == true)
        #expect(IPAddress("2001:db8::1")?.unmapped == IPAddress("2001:db8::1"))
    }

    @Test("reverse names")
    func reverse() {
        #expect(IPAddress("192.0.2.1")?.reverseName == "1.2.0.192.in-addr.arpa")
        #expect(
            IPAddress("2001:db8::1")?.reverseName
                == "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")
    }
}
