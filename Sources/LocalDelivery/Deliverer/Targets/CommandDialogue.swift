internal import Glibc
internal import Platform

/// The pipes to a command and from it, within one deadline: what it says is read while it is written to, so that neither waits for
/// the other.
struct CommandDialogue {
    let input: Int32
    let output: Int32
    /// Of the monotonic clock, nanoseconds.
    let deadline: UInt64
    let outputLimit: Int
    private var said: [UInt8] = []
    private(set) var isTooLate = false
    private(set) var failure: SystemError?
    private var isOutputOpen = true

    init(input: Int32, output: Int32, deadline: UInt64, outputLimit: Int) {
        self.input = input
        self.output = output
        self.deadline = deadline
        self.outputLimit = outputLimit
    }

    /// A command that closes its input early has what it wants.
    mutating func transfer(_ prepended: [UInt8], _ content: IncomingContent) {
        do throws(SystemError) {
            var dialogue = self
            defer { self = dialogue }
            try dialogue.write(prepended)
            try content.forEachPart { (part) throws(SystemError) in try dialogue.write(part) }
        } catch {
            if error.code != EPIPE && error.code != ETIME { failure = error }
        }
    }

    mutating func readRest() {
        while isOutputOpen && !isTooLate { waitAndRead(forInput: false) }
    }

    private mutating func write(_ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                return repeating { unsafe Glibc.write(input, rest.baseAddress, rest.count) }
            }
            if count >= 0 {
                done += count
                continue
            }
            guard errno == EAGAIN else { throw SystemError("write", "command", errno) }
            waitAndRead(forInput: true)
            if isTooLate { throw SystemError("write", "command", ETIME) }
        }
    }

    /// Waits until the command takes input or says something, whichever comes first, and reads what it says.
    private mutating func waitAndRead(forInput: Bool) {
        let now = SystemTime().monotonic
        guard now < deadline else {
            isTooLate = true
            return
        }
        var entries = [
            pollfd(fd: isOutputOpen ? output : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: forInput ? input : -1, events: Int16(POLLOUT), revents: 0),
        ]
        let milliseconds = min((deadline - now) / 1_000_000 + 1, 60_000)
        guard unsafe poll(&entries, 2, Int32(milliseconds)) > 0, entries[0].revents != 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            repeating { unsafe read(output, bytes.baseAddress, bytes.count) }
        }
        if count > 0 {
            said.append(contentsOf: buffer[..<min(count, outputLimit - said.count)])
        } else if count == 0 || errno != EAGAIN {
            isOutputOpen = false
        }
    }

    /// One line without control characters.
    var printableOutput: String {
        let clean = said.map { byte -> UInt8 in
            switch byte {
            case 0x09, 0x0a: 0x20
            case 0x20...0x7e: byte
            default: UInt8(ascii: "_")
            }
        }
        var text = clean[...]
        while text.last == 0x20 { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }
}
