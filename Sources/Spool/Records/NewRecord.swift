package import Mail

/// A message that is ready to be stored: everything is decided, only its place is not.
package struct NewRecord: Sendable {
    package enum Body: Sendable {
        case inline([UInt8])
        /// Synced already, in large/.
        case large(LargeContent)
    }

    /// ``EnvelopeCoding``'s form.
    package var envelope: [UInt8]
    package var recipientCount: UInt32
    /// With the empty line that ends it.
    package var headerBlock: [UInt8]
    package var body: Body
    package var hasDotLines: Bool

    package init(envelope: [UInt8], recipientCount: UInt32, headerBlock: [UInt8], body: Body, hasDotLines: Bool) {
        self.envelope = envelope
        self.recipientCount = recipientCount
        self.headerBlock = headerBlock
        self.body = body
        self.hasDotLines = hasDotLines
    }

    package init(envelope: Envelope, headerBlock: [UInt8], body: Body, hasDotLines: Bool) {
        self.init(
            envelope: EnvelopeCoding.encode(envelope), recipientCount: UInt32(envelope.recipients.count),
            headerBlock: headerBlock, body: body, hasDotLines: hasDotLines)
    }

    /// Bytes that it takes in a segment.
    package var storedLength: UInt64 {
        var sum = UInt64(RecordHeader.length + envelope.count + headerBlock.count)
        if case .inline(let bytes) = body { sum += UInt64(bytes.count) }
        return RecordHeader.aligned(sum)
    }
}
