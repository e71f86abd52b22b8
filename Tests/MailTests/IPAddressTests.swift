import Testing

@testable import Mail

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "text",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "192.0.2.1"),
            ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ])
    func valid(text: String, expected: String) { #expect(IPAddress(text)?.description == expected) }

    @Test(
        "what is none",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "a.b.c.d", "1..2.3", ":", ":::", "1::2::3",
            "12345::",
            "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1.2.3", "1.2.3.4::", "::g", "+1::", "1:2:3:4:5:6:7:8::", "[::1]",
            "fe80::1%eth0",
        ])
    func invalid(text: String) { #expect(IPAddress(text) == nil) }

    @Test(
        "networks",
        arguments: [
            ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false), ("192.0.2.1", "192.0.2.1", true),
            ("::/0", "2001::1", true), ("[::1]/128", "::1", true), ("[fe80::]/10", "febf::1", true),
            ("::ffff:10.0.0.0/104", "10.9.9.9", true),
        ])
    func networks(network: String, address: String, expected: Bool) throws {
        #expect(try #require(IPNetwork(network)).contains(try #require(IPAddress(address))) == expected)
    }

    @Test(
        "what is no network",
        arguments: ["", "/", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/24", "::1/64", "[::1", "::/129", "x/8", "::ffff:10.0.0.0/8"])
    func noNetworks(text: String) { #expect(IPNetwork(text) == nil) }
}
