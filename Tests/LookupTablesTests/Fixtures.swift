import Glibc
import Platform
import Synchronization

@testable import Configuration
@testable import LookupTables

/// A directory that goes away with the test.
final class TemporaryDirectory {
    let path: String

    init() {
        path = "/tmp/martlet-test-\(getpid())-\(SystemEntropy().next())"
        try? POSIXFileSystem().makeDirectory(path, permissions: 0o700)
    }

    deinit {
        for name in (try? POSIXFileSystem().list(path)) ?? [] { try? POSIXFileSystem().unlink(path + "/" + name) }
        _ = unsafe rmdir(path)
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try? POSIXFileSystem().unlink(file)
        let open = try POSIXFileSystem().open(file, .createNew(permissions: 0o644))
        defer { open.close() }
        try open.write(Array(text.utf8), at: 0)
        return file
    }
}

/// A table of a few entries that counts what it is asked, and may be broken.
final class FakeTable: LookupTable {
    let name = "fake:x"
    let hasFixedKeys: Bool
    private let values: [String: String]
    private let fails: Bool
    private let log = Mutex<[String]>([])

    init(_ values: [String: String], hasFixedKeys: Bool = true, fails: Bool = false) {
        self.values = values
        self.hasFixedKeys = hasFixedKeys
        self.fails = fails
    }

    var asked: [String] { log.withLock { $0 } }

    func lookup(_ key: String) throws(LookupError) -> String? {
        log.withLock { $0.append(key) }
        if fails { throw LookupError(table: name, message: "broken") }
        return values[key]
    }
}

/// Debian's Postfix, where it is installed.
enum Postfix {
    static let postmap = "/usr/sbin/postmap"
    static var isInstalled: Bool { unsafe access(postmap, X_OK) == 0 }

    /// What `postmap -q key table` prints, without the line's end; nil when it finds nothing.
    static func query(_ key: String, _ table: String, in directory: TemporaryDirectory) throws -> String? {
        try directory.write("main.cf", "compatibility_level = 3.6\n")
        guard let output = try? ProgramOutput.run(postmap, ["-c", directory.path, "-q", key, table]) else { return nil }
        return String(decoding: output.last == 0x0a ? output.dropLast() : output, as: UTF8.self)
    }
}
