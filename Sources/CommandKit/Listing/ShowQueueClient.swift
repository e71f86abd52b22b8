internal import Glibc
internal import Platform

/// Reads the queue from showq in Postfix's protocol: `name NUL value NUL`, an empty name ends a message.
///
/// *Failure:* EX_UNAVAILABLE when the mail system is down, EX_SOFTWARE when the answer is malformed or cut short.
package struct ShowQueueClient: ~Copyable {
    private static let longestText = 1 << 20
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var position = 0

    package init(path: String) throws(ExitError) {
        do throws(SystemError) {
            descriptor = try UNIXSocket.connect(path)
        } catch {
            throw ExitError(
                status: EX_UNAVAILABLE,
                message: "Queue report unavailable - mail system is down (\(error.description))")
        }
    }

    deinit { close(descriptor) }

    /// The next message, nil at the end.
    package mutating func next() throws(ExitError) -> QueueEntry? {
        var attributes: [(name: String, value: String)] = []
        while let name = try text(isFirst: attributes.isEmpty) {
            if name.isEmpty {
                if attributes.isEmpty { return nil }
                // Newer versions announce the protocol in a record of its own.
                if attributes.count == 1, attributes[0].name == "protocol" {
                    attributes = []
                    continue
                }
                guard let entry = QueueEntry(attributes: attributes) else { throw Self.malformed }
                return entry
            }
            guard let value = try text(isFirst: false) else { throw Self.malformed }
            attributes.append((name, value))
        }
        return nil
    }

    private static var malformed: ExitError {
        ExitError(status: EX_SOFTWARE, message: "malformed showq server response")
    }

    /// Up to the next NUL; nil at the end of the answer, which may be between messages only.
    private mutating func text(isFirst: Bool) throws(ExitError) -> String? {
        while true {
            if let end = buffer[position...].firstIndex(of: 0) {
                let text = String(decoding: buffer[position..<end], as: UTF8.self)
                position = end + 1
                return text
            }
            guard buffer.count - position <= Self.longestText else { throw Self.malformed }
            buffer.removeFirst(position)
            position = 0
            guard try fill() else {
                if isFirst && buffer.isEmpty { return nil }
                throw Self.malformed
            }
        }
    }

    private mutating func fill() throws(ExitError) -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let got = unsafe piece.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Self.malformed }
            buffer.append(contentsOf: piece[..<got])
            return got > 0
        }
    }
}
