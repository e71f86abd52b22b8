internal import Mail
internal import MessageFormat
internal import NIOCore
internal import Spool

/// The bytes of one notice, part after part: its head, the returned message or its header section, its tail.
///
/// *Failure:* a content that is gone or damaged is replaced by a line that says so: a report without it is better than none.
struct NoticeContent {
    private enum Stage { case head, returned, end }
    private let notification: StatusNotification
    private let placeholder = Array("\t--- Undelivered message unavailable ---\r\n".utf8)
    private var returned: Returned
    private var stage = Stage.head

    private enum Returned {
        case bytes([UInt8])
        case stream(ContentStream)
    }

    init(_ notification: StatusNotification, content: ContentLocation, reader: ContentReader) {
        self.notification = notification
        do throws(ContentError) {
            switch notification.returned {
            case .headers: returned = .bytes(Self.withoutSeparator(try reader.loadHeader(content)))
            case .full: returned = .stream(try reader.open(content))
            }
        } catch {
            returned = .bytes(placeholder)
        }
    }

    /// nil at the end.
    mutating func next() -> ByteBuffer? {
        switch stage {
        case .head:
            stage = .returned
            return ByteBuffer(bytes: notification.head)
        case .returned:
            if let part = nextReturned(), !part.isEmpty { return ByteBuffer(bytes: part) }
            stage = .end
            return ByteBuffer(bytes: notification.tail)
        case .end: return nil
        }
    }

    private mutating func nextReturned() -> [UInt8]? {
        switch returned {
        case .bytes(let bytes):
            returned = .bytes([])
            return bytes
        case .stream(var stream):
            do throws(ContentError) {
                let part = try stream.next()
                returned = .stream(stream)
                return part
            } catch {
                returned = .bytes([])
                return placeholder
            }
        }
    }

    /// text/rfc822-headers has no empty line at its end.
    private static func withoutSeparator(_ header: [UInt8]) -> [UInt8] {
        header.suffix(4) == [0x0d, 0x0a, 0x0d, 0x0a] ? Array(header.dropLast(2)) : header
    }
}
