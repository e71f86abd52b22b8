internal import Mail
internal import MessageFormat
internal import NIOCore
internal import Spool

/// A message as mailboxes have it: with LF.
enum MailboxForm {
    case whole(ByteBuffer)
    case stream(MailboxFormStream)
}

/// A large message, converted as it is read.
struct MailboxFormStream {
    private var content: ContentStream
    private var lineEndings = MailboxLineEndings()
    private var isEnded = false

    init(_ content: ContentStream) { self.content = content }

    /// nil at the end.
    mutating func next() throws(ContentError) -> ByteBuffer? {
        guard !isEnded else { return nil }
        var converted: [UInt8] = []
        if let part = try content.next(maximum: 256 << 10) {
            lineEndings.append(part.span, to: &converted)
        } else {
            isEnded = true
            lineEndings.finish(into: &converted)
            if converted.isEmpty { return nil }
        }
        return ByteBuffer(bytes: converted)
    }
}

/// The content of one request, read once for all its recipients.
final class MessageContent {
    private let location: ContentLocation
    private let reader: ContentReader
    /// Wire form, verified; nil when the message is large.
    private let bytes: [UInt8]?
    private var converted: ByteBuffer?
    /// Addresses of Delivered-To fields, folded: where this message has been before.
    let deliveredTo: Set<String>

    /// Reads a small message, or a large one's header section.
    /// - Throws: ``ContentError``; nothing is delivered then.
    init(_ location: ContentLocation, reader: ContentReader) throws(ContentError) {
        self.location = location
        self.reader = reader
        bytes = try reader.load(location)
        if let bytes {
            deliveredTo = Self.deliveredTo(bytes)
        } else {
            deliveredTo = Self.deliveredTo(try reader.loadHeader(location))
        }
    }

    /// - Throws: ``ContentError`` for a large message that cannot be opened any more.
    func mailboxForm() throws(ContentError) -> MailboxForm {
        if let converted { return .whole(converted) }
        guard let bytes else { return .stream(MailboxFormStream(try reader.open(location))) }
        var output: [UInt8] = []
        var lineEndings = MailboxLineEndings()
        lineEndings.append(bytes.span, to: &output)
        lineEndings.finish(into: &output)
        let buffer = ByteBuffer(bytes: output)
        converted = buffer
        return .whole(buffer)
    }

    /// For forwarding: small messages are in memory, large ones are read again.
    func wireForm() throws(ContentError) -> ContentSource {
        if let bytes { return .whole(ByteBuffer(bytes: bytes)) }
        return .stream(try reader.open(location))
    }

    enum ContentSource {
        case whole(ByteBuffer)
        case stream(ContentStream)
    }

    /// More than this many say nothing new.
    private static let deliveredToLimit = 1000

    private static func deliveredTo(_ header: [UInt8]) -> Set<String> {
        let section = HeaderSection(header)
        guard section.seen.contains(.deliveredTo) else { return [] }
        var found: Set<String> = []
        for field in section.fields where field.kind == .deliveredTo && found.count < deliveredToLimit {
            found.insert(section.text(of: field, in: header.span).lowercasedASCII)
        }
        return found
    }
}
