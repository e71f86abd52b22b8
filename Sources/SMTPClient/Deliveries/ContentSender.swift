internal import DaemonKit
internal import Mail
internal import MailLog
internal import NIOCore
internal import SMTPProtocol
internal import Spool

/// Writes a message's content to a server: a small one, verified as a whole, with its end in one piece; a large one in chunks,
/// each when the kernel has taken the one before.
///
/// *Failure:* content that cannot be read, or is not what was stored, is not ended: the connection closes.
@EventLoopActor
final class ContentSender {
    private static let wholeLimit = 128 << 10
    private static let chunk = 64 << 10

    private let connection: SMTPConnection
    private let queueID: QueueID
    private let stuffsDots: Bool
    private var stream: ContentStream
    private var writer = ContentWriter()
    private var endsInLine = false

    /// Sends the content that the connection asks for.
    static func send(
        _ content: ContentLocation, of queueID: QueueID, from contents: Spool.ContentReader, over connection: SMTPConnection
    ) {
        do throws(ContentError) {
            if let bytes = try contents.load(content, limit: wholeLimit) {
                var buffer = connection.allocate(bytes.count + bytes.count / 64 + 8)
                if content.hasDotLines {
                    var writer = ContentWriter()
                    append(bytes, &writer, to: &buffer)
                    buffer.writeStaticString(writer.end())
                } else {
                    buffer.writeBytes(bytes)
                    buffer.writeStaticString(end(inLine: !bytes.isEmpty && bytes.last != UInt8(ascii: "\n")))
                }
                connection.write(content: buffer)
                connection.contentEnded()
            } else {
                let stream = try contents.open(content)
                ContentSender(stream, content, queueID, connection).next()
            }
        } catch {
            fail(error, queueID, connection)
        }
    }

    private init(_ stream: ContentStream, _ content: ContentLocation, _ queueID: QueueID, _ connection: SMTPConnection) {
        self.stream = stream
        self.connection = connection
        self.queueID = queueID
        stuffsDots = content.hasDotLines
    }

    private func next() {
        // The server may have hung up meanwhile; its last words have been taken note of.
        guard connection.isOpen else { return }
        do throws(ContentError) {
            guard let bytes = try stream.next(maximum: Self.chunk) else { return finish() }
            var buffer = connection.allocate(bytes.count + bytes.count / 64)
            if stuffsDots { Self.append(bytes, &writer, to: &buffer) } else { buffer.writeBytes(bytes) }
            endsInLine = bytes.last != UInt8(ascii: "\n")
            connection.write(content: buffer) { self.next() }
        } catch {
            Self.fail(error, queueID, connection)
        }
    }

    private func finish() {
        var buffer = connection.allocate(8)
        buffer.writeStaticString(stuffsDots ? writer.end() : Self.end(inLine: endsInLine))
        connection.write(content: buffer)
        connection.contentEnded()
    }

    private static func end(inLine: Bool) -> StaticString { inLine ? "\r\n.\r\n" : ".\r\n" }

    private static func append(_ bytes: [UInt8], _ writer: inout ContentWriter, to buffer: inout ByteBuffer) {
        writer.write(bytes.span) { piece in
            switch piece {
            case .input(let range): buffer.writeBytes(bytes[range])
            case .dot, .lineEnd, .space: buffer.writeStaticString(piece.literal)
            }
        }
    }

    private static func fail(_ error: ContentError, _ queueID: QueueID, _ connection: SMTPConnection) {
        Log.error("\(queueID): \(error)")
        connection.contentFailed()
    }
}
