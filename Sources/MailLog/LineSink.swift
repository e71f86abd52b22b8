internal import Glibc
internal import Synchronization

/// Log lines to syslog or a file, composed in one reused buffer and given to the kernel in one call each.
///
/// *Failure:* what cannot be written is dropped and counted; the count is logged as a warning as soon as a line gets through.
final class LineSink: LogSink {
    enum Destination: Sendable {
        /// RFC 3164 datagrams; the host's name is added by the receiver.
        case syslog(SyslogFacility, path: String)
        case file(LogFile)
    }

    /// Longer lines are cut: rsyslog and journald take 8 KiB and more.
    static let maximumText = 4000

    private struct State {
        var buffer: [UInt8] = []
        var stamp = LineStamp()
        var socket: SyslogSocket?
        var lost: UInt64 = 0
    }

    private let destination: Destination
    /// ` host ident[pid]: ` in a file, ` ident[pid]: ` to syslog.
    private let origin: [UInt8]
    private let state: Mutex<State>

    init(_ destination: Destination, ident: String, pid: Int32 = getpid(), host: String = hostName()) {
        self.destination = destination
        var state = State()
        state.buffer.reserveCapacity(1024)
        switch destination {
        case .syslog(_, let path):
            origin = Array(" \(ident)[\(pid)]: ".utf8)
            state.socket = SyslogSocket(path)
        case .file: origin = Array(" \(host) \(ident)[\(pid)]: ".utf8)
        }
        self.state = Mutex(state)
    }

    func write(_ severity: LogSeverity, _ text: String) {
        state.withLock { state in
            if state.lost > 0, emit(.warning, "\(state.lost) log lines were lost", &state) { state.lost = 0 }
            if state.lost > 0 || !emit(severity, text, &state) { state.lost += 1 }
        }
    }

    private func emit(_ severity: LogSeverity, _ text: String, _ state: inout State) -> Bool {
        state.buffer.removeAll(keepingCapacity: true)
        if case .syslog(let facility, _) = destination {
            state.buffer.append(UInt8(ascii: "<"))
            state.buffer.append(contentsOf: String(facility.priority(severity)).utf8)
            state.buffer.append(UInt8(ascii: ">"))
        }
        state.stamp.append(to: &state.buffer)
        state.buffer.append(contentsOf: origin)
        state.buffer.append(contentsOf: severity.word.utf8)
        Self.appendPrintable(text, to: &state.buffer)
        switch destination {
        case .syslog: return state.socket?.send(state.buffer) ?? false
        case .file(let file):
            state.buffer.append(UInt8(ascii: "\n"))
            return file.append(state.buffer)
        }
    }

    /// Control characters become `?`: a line is a line, and no terminal can be addressed (also by the C1 controls, in UTF-8
    /// C2 80 to C2 9F).
    static func appendPrintable(_ text: String, to buffer: inout [UInt8]) {
        var previous: UInt8 = 0
        for byte in text.utf8.prefix(maximumText) {
            if byte < 0x20 || byte == 0x7f {
                buffer.append(UInt8(ascii: "?"))
            } else if previous == 0xc2, byte < 0xa0 {
                buffer[buffer.count - 1] = UInt8(ascii: "?")
            } else {
                buffer.append(byte)
            }
            previous = byte
        }
    }

    /// The machine's name up to the first dot.
    private static func hostName() -> String {
        let name = unsafe [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            let result = unsafe buffer.withMemoryRebound(to: CChar.self) { buffer in
                guard let base = buffer.baseAddress else { return Int32(-1) }
                return unsafe gethostname(base, buffer.count)
            }
            count = result == 0 ? unsafe buffer.firstIndex(of: 0) ?? 256 : 0
        }
        let short = name.prefix { $0 != UInt8(ascii: ".") }
        return short.isEmpty ? "localhost" : String(decoding: short, as: UTF8.self)
    }
}
