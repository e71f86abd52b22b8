internal import Glibc
package import Mail
internal import Platform
internal import Wire

/// Reads the queue from showq in Postfix's protocol: `name NUL value NUL`, an empty name ends a message.
///
/// Fields are places in the buffer: nothing is copied that the caller does not want as text.
/// *Failure:* EX_UNAVAILABLE when the mail system is down, EX_NOPERM when the user may not see the queue, EX_SOFTWARE when the answer is
/// malformed or cut short.
package struct ShowQueueClient: ~Copyable {
    /// One field of a record, as places in ``buffer``.
    struct Field {
        var name: Range<Int>
        var value: Range<Int>
    }

    /// A record of one message: a list of 50,000 recipients is one.
    private static let longestRecord = 64 << 20
    private static let pieceLength = 256 << 10

    private let descriptor: Int32
    private(set) var buffer: [UInt8] = []
    private(set) var fields: [Field] = []
    private var position = 0
    private var hasBegun = false

    /// - Parameter filter: which messages are wanted.
    package init(_ instance: Instance, filter: QueueFilter = QueueFilter()) throws(ExitError) {
        do throws(SystemError) {
            let path = instance.socket("public/showq")
            let wire = try BlockingWire(connectingTo: path)
            try wire.send(QueueQuestion(.list(filter)))
            descriptor = wire.takeDescriptor()
        } catch {
            throw ExitError(
                status: EX_UNAVAILABLE,
                message: "Queue report unavailable - mail system is down (\(error.description))")
        }
    }

    deinit { close(descriptor) }

    /// The next message, nil at the end.
    package mutating func next() throws(ExitError) -> QueueEntry? {
        try nextRecord() ? try entry() : nil
    }

    /// The record at which ``nextRecord()`` stands.
    func entry() throws(ExitError) -> QueueEntry {
        let attributes = fields.map { field in
            (
                name: String(decoding: buffer[field.name], as: UTF8.self),
                value: String(decoding: buffer[field.value], as: UTF8.self)
            )
        }
        guard let entry = QueueEntry(attributes: attributes) else { throw Self.malformed }
        return entry
    }

    /// Puts the fields of the next message into ``fields``; false at the end.
    mutating func nextRecord() throws(ExitError) -> Bool {
        if !hasBegun { try begin() }
        while true {
            fields.removeAll(keepingCapacity: true)
            switch parse() {
            case .record:
                // The protocol is announced in a record of its own.
                if fields.count == 1, buffer[fields[0].name].elementsEqual("protocol".utf8) { continue }
                return true
            case .end: return false
            case .incomplete:
                guard buffer.count - position <= Self.longestRecord, try fill() else { throw Self.malformed }
            }
        }
    }

    private enum Parsed { case record, end, incomplete }

    private mutating func parse() -> Parsed {
        var at = position
        var found: [Field] = []
        swap(&found, &fields)
        let end = buffer.count
        var parsed = Parsed.incomplete
        unsafe buffer.withUnsafeBytes { bytes in
            while let name = unsafe Self.text(bytes, at, end) {
                at = name.upperBound + 1
                if name.isEmpty {
                    parsed = found.isEmpty ? .end : .record
                    return
                }
                guard let value = unsafe Self.text(bytes, at, end) else { return }
                at = value.upperBound + 1
                found.append(Field(name: name, value: value))
            }
        }
        swap(&found, &fields)
        if parsed != .incomplete { position = at }
        return parsed
    }

    /// Up to the next NUL.
    private static func text(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Range<Int>? {
        guard start < end, let base = bytes.baseAddress,
            let found = unsafe memchr(base + start, 0, end - start)
        else { return nil }
        let length = unsafe UnsafeRawPointer(found) - base
        return start..<length
    }

    private static var malformed: ExitError {
        ExitError(status: EX_SOFTWARE, message: "malformed showq server response")
    }

    /// A frame of the suite in the place of a listing says why there is none.
    private mutating func begin() throws(ExitError) {
        hasBegun = true
        guard let head = try bytes(0..<WireFrameHeader.length), let header = try? WireFrameHeader(decoding: head) else {
            return
        }
        let end = WireFrameHeader.length + Int(header.messageLength)
        guard let message = try bytes(WireFrameHeader.length..<end),
            let refusal = try? QueueRefusal(header: header, message: message)
        else { throw Self.malformed }
        throw ExitError(status: Int32(refusal.exitStatus), message: refusal.text)
    }

    /// nil when the answer ends before.
    private mutating func bytes(_ range: Range<Int>) throws(ExitError) -> [UInt8]? {
        while buffer.count < range.upperBound {
            guard try fill() else { return nil }
        }
        return Array(buffer[range])
    }

    private mutating func fill() throws(ExitError) -> Bool {
        buffer.removeFirst(position)
        position = 0
        let length = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.pieceLength))
        while true {
            let got = unsafe buffer.withUnsafeMutableBytes { whole in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: whole[length...])
                return unsafe read(descriptor, rest.baseAddress, rest.count)
            }
            if got < 0, errno == EINTR { continue }
            buffer.removeLast(Self.pieceLength - max(0, got))
            guard got >= 0 else { throw Self.malformed }
            return got > 0
        }
    }
}
