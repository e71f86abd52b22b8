internal import CPlatform
internal import Glibc

/// Whoever started master: a process that waits at the other end of a pipe (`-w`), or a terminal.
struct Starter {
    /// -1 in the foreground, and once the starter has been told.
    private var pipe: Int32

    static let foreground = Starter(pipe: -1)

    /// Leaves the starter waiting and goes on in a detached process.
    static func detached() throws(MasterFailure) -> Starter {
        let pipe = martlet_detach()
        guard pipe >= 0 else { throw MasterFailure("cannot detach: \(unsafe String(cString: strerror(errno)))") }
        return Starter(pipe: pipe)
    }

    mutating func tellReady() { tell("R") }

    mutating func tellFailure(_ text: String) {
        if pipe >= 0 { tell("master: \(text)") } else { Self.write(2, "master: fatal: \(text)\n") }
    }

    private mutating func tell(_ words: String) {
        guard pipe >= 0 else { return }
        Self.write(pipe, words)
        close(pipe)
        pipe = -1
    }

    private static func write(_ descriptor: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
