import Mail
import Testing

@testable import Resolver

@Suite("addresses as the DNS has them")
struct AddressFamilyTests {
    @Test("reverse names")
    func reverse() {
        #expect(IPAddress("192.0.2.1")?.reverseName == "1.2.0.192.in-addr.arpa")
        #expect(
            IPAddress("2001:db8::1")?.reverseName
                == "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")
    }

    @Test(
        "loopback",
        arguments: [("127.0.0.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("::2", false), ("10.0.0.1", false)])
    func loopback(_ text: String, _ expected: Bool) {
        #expect(IPAddress(text)?.isLoopback == expected)
    }
}
