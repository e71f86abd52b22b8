internal import Glibc

/// A user of this machine, as the name service knows it.
package struct UserAccount: Equatable, Sendable {
    package var name: String
    package var user: UInt32
    package var group: UInt32
    package var home: String
    package var shell: String

    /// nil when there is no such user. May block (name service): never on an event loop.
    /// - Throws: when the name service cannot say.
    package static func named(_ name: String) throws(SystemError) -> UserAccount? {
        try unsafe lookUp(name) { entry, buffer, size, result in
            unsafe getpwnam_r(name, entry, buffer, size, result)
        }
    }

    package static func numbered(_ user: UInt32) throws(SystemError) -> UserAccount? {
        try unsafe lookUp("uid \(user)") { entry, buffer, size, result in
            unsafe getpwuid_r(user, entry, buffer, size, result)
        }
    }

    /// All groups of the user, its own first.
    package func groups() throws(SystemError) -> [UInt32] {
        var groups = [gid_t](repeating: 0, count: 64)
        var count = Int32(groups.count)
        while unsafe getgrouplist(name, group, &groups, &count) < 0 {
            guard count > groups.count, count <= 65_536 else { throw SystemError("getgrouplist", name, EINVAL) }
            groups = [gid_t](repeating: 0, count: Int(count))
        }
        return Array(groups.prefix(Int(count)))
    }

    private static func lookUp(
        _ what: String,
        _ call: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int, UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) throws(SystemError) -> UserAccount? {
        var size = 1024
        while true {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { unsafe buffer.deallocate() }
            var entry = unsafe passwd()
            var result: UnsafeMutablePointer<passwd>? = nil
            let code = unsafe call(&entry, buffer, size, &result)
            if code == ERANGE, size < 1 << 20 {
                size *= 4
                continue
            }
            // Absence is told in several ways, getpwnam(3), "ERRORS".
            if unsafe result == nil, [0, ENOENT, ESRCH, EBADF, EPERM].contains(code) { return nil }
            guard unsafe result != nil else { throw SystemError("getpwnam", what, code) }
            return unsafe UserAccount(entry)
        }
    }

    /// A user whom the name service does not know (containers run as any number).
    package init(unnamed user: UInt32, group: UInt32) {
        name = String(user)
        self.user = user
        self.group = group
        home = "/"
        shell = "/bin/sh"
    }

    private init(_ entry: passwd) {
        unsafe name = String(cString: entry.pw_name)
        unsafe user = entry.pw_uid
        unsafe group = entry.pw_gid
        unsafe home = String(cString: entry.pw_dir)
        unsafe shell = String(cString: entry.pw_shell)
    }
}
