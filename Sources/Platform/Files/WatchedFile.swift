internal import Glibc
internal import Synchronization

/// A table's file as a program found it when it opened the table: when the file is another, the program is to be replaced.
package struct WatchedFile: Equatable, Hashable, Sendable {
    /// What a change of a file changes. All zero: there was none.
    package struct Signature: Equatable, Hashable, Sendable {
        package var device: UInt64 = 0
        package var inode: UInt64 = 0
        package var size: Int64 = 0
        /// Nanoseconds since 1970.
        package var modified: Int64 = 0

        package init() {}

        package init(of path: String) {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        }
    }

    /// `hash:/etc/aliases`, for the log.
    package var name: String
    package var path: String
    package var signature: Signature

    package init(name: String, path: String, signature: Signature) {
        self.name = name
        self.path = path
        self.signature = signature
    }

    package var hasChanged: Bool { Signature(of: path) != signature }

    /// Without tabs and line ends, which no sane path has: such a file is not watched.
    package var word: String? {
        guard !name.utf8.contains(where: { $0 < 0x20 }), !path.utf8.contains(where: { $0 < 0x20 }) else { return nil }
        return "table\t\(signature.device)\t\(signature.inode)\t\(signature.size)\t\(signature.modified)\t\(name)\t\(path)"
    }

    package init?(word: String) {
        let parts = word.split(separator: "\t", omittingEmptySubsequences: false)
        guard parts.count == 7, parts[0] == "table", let device = UInt64(parts[1]), let inode = UInt64(parts[2]),
            let size = Int64(parts[3]), let modified = Int64(parts[4]), !parts[6].isEmpty
        else { return nil }
        name = String(parts[5])
        path = String(parts[6])
        signature = Signature()
        signature.device = device
        signature.inode = inode
        signature.size = size
        signature.modified = modified
    }
}

/// The tables that this process has opened: told to master, which watches their files.
package enum OpenedTables {
    private static let limit = 256
    private static let files = Mutex<[WatchedFile]>([])

    /// To be called before the file is opened: a change in between then costs a restart, and not a stale table.
    package static func note(_ name: String, path: String) {
        let file = WatchedFile(name: name, path: path, signature: .init(of: path))
        files.withLock { files in
            if files.count < limit, !files.contains(file) { files.append(file) }
        }
    }

    package static var all: [WatchedFile] { files.withLock { $0 } }
}
