import Testing

@testable import Mail

@Suite("the binary form of an envelope")
struct EnvelopeCodingTests {
    static let full: Envelope = {
        var recipient = EnvelopeRecipient(
            EmailAddress(internal: "b@example.test"), original: EmailAddress(internal: "a@x.test"))
        recipient.orcpt = OriginalRecipient(type: "rfc822", address: "a@x.test")
        recipient.notify = [.failure, .delay]
        var envelope = Envelope(
            queueID: QueueID(microseconds: 1_700_000_000_123_456, unique: 77),
            sender: ReversePath(internal: "s p@example.test"),
            recipients: [recipient, EnvelopeRecipient(EmailAddress(internal: "postmaster"))], arrival: 1_700_000_000_123_456)
        envelope.size = 4096
        envelope.envelopeID = "id+1"
        envelope.returnContent = .headers
        envelope.body = .eightBitMIME
        envelope.smtpUTF8 = true
        envelope.requireTLS = true
        envelope.client.name = "localhost"
        envelope.client.address = "127.0.0.1"
        envelope.client.port = 4711
        envelope.client.uid = 1000
        envelope.sasl = SASLInformation(method: "PLAIN", username: "u", sender: nil)
        envelope.tlsSummary = "TLSv1.3"
        envelope.rewriteContext = .local
        envelope.contentFilter = "smtp:[127.0.0.1]:10024"
        envelope.redirect = EmailAddress(internal: "r@x.test")
        envelope.verp = "+="
        envelope.trace = [.verbose]
        envelope.priority = -3
        envelope.holdUntil = 5
        envelope.onHold = true
        envelope.deliverBy = DeliverBy(deadline: 9, returnIfLate: true, trace: false)
        envelope.origin = MessageOrigin(
            parent: RecordLocation(segment: 3, nonce: SegmentNonce(high: 1, low: 2), offset: 4096), recipients: [0, 4],
            purpose: .failureNotice)
        return envelope
    }()

    @Test("every field comes back")
    func roundTrip() throws {
        #expect(try EnvelopeCoding.decode(EnvelopeCoding.encode(Self.full)) == .envelope(Self.full))
    }

    @Test("no cut and no flipped byte traps")
    func hostile() {
        let bytes = EnvelopeCoding.encode(Self.full)
        for end in 0..<bytes.count { _ = try? EnvelopeCoding.decode(Array(bytes[..<end])) }
        for index in bytes.indices {
            for flip in [1, 0x80, 0xff] as [UInt8] {
                var damaged = bytes
                damaged[index] ^= flip
                _ = try? EnvelopeCoding.decode(damaged)
            }
        }
    }

    @Test("an unknown field is skipped, an unknown critical one is kept from delivery")
    func unknownFields() throws {
        let bytes = EnvelopeCoding.encode(Self.full)
        #expect(try EnvelopeCoding.decode(bytes + [0x7e, 1, 0, 0, 0, 9]) == .envelope(Self.full))
        #expect(try EnvelopeCoding.decode(bytes + [0xfe, 1, 0, 0, 0, 9]) == .notUnderstood(tag: 0x7e))
    }
}
