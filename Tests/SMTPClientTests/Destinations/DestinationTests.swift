import Testing

@testable import SMTPClient

@Suite("next hops as text")
struct DestinationTests {
    @Test(
        "each form",
        arguments: [
            ("example.test", "example.test", 25, false), ("example.test:587", "example.test", 587, false),
            ("example.test:submission", "example.test", 587, false), ("[mx.test]", "mx.test", 25, true),
            ("[mx.test]:2525", "mx.test", 2525, true), ("[127.0.0.1]:26", "127.0.0.1", 26, true),
            ("[::1]:26", "::1", 26, true), ("[IPv6:::1]", "::1", 25, true),
            ("[ipv6:2001:db8::1]:smtps", "2001:db8::1", 465, true),
        ])
    func forms(_ text: String, _ host: String, _ port: UInt16, _ isBracketed: Bool) {
        let destination = Destination(text, defaultPort: 25)
        #expect(destination?.host == host)
        #expect(destination?.port == port)
        #expect(destination?.isBracketed == isBracketed)
    }

    @Test(
        "what is none",
        arguments: [
            "", "[", "[]", "[]:25", "[mx.test", "[mx.test]25", "mx.test:", ":25", "mx.test:0", "mx.test:65536", "mx.test:what",
        ])
    func malformed(_ text: String) {
        #expect(Destination(text, defaultPort: 25) == nil)
    }
}
