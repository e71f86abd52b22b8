internal import CPlatform
internal import Configuration
internal import Glibc

/// `unix:passwd.byname` and `unix:group.byname`: the accounts of this host, by the C library's name service.
///
/// *Failure:* a name service that does not answer is a temporary failure, not an unknown user.
final class AccountTable: LookupTable {
    enum Source: String { case passwd = "passwd.byname", group = "group.byname" }

    let name: String
    let hasFixedKeys = true
    private let source: Source

    init(name: String) throws(ConfigurationError) {
        guard let source = Source(rawValue: name) else {
            throw ConfigurationError("unix:\(name): write unix:passwd.byname or unix:group.byname")
        }
        self.source = source
        self.name = "unix:\(name)"
    }

    func lookup(_ key: String) throws(LookupError) -> String? {
        guard !key.isEmpty, !key.utf8.contains(0) else { return nil }
        var buffer = [CChar](repeating: 0, count: 4096)
        while true {
            let (code, value) = entry(key.foldedKey, &buffer)
            switch code {
            case 0, ENOENT, ESRCH, EBADF, EPERM: return value
            case EINTR: continue
            case ERANGE where buffer.count < 1 << 20: buffer = [CChar](repeating: 0, count: buffer.count * 4)
            default: throw LookupError(table: name, message: "the name service failed with error \(code)")
            }
        }
    }

    private func entry(_ key: String, _ buffer: inout [CChar]) -> (code: Int32, value: String?) {
        unsafe buffer.withUnsafeMutableBufferPointer { space in
            guard let start = space.baseAddress else { return (EINVAL, nil) }
            switch source {
            case .passwd:
                var record = unsafe passwd()
                var found: UnsafeMutablePointer<passwd>?
                let code = unsafe getpwnam_r(key, &record, start, space.count, &found)
                guard unsafe found != nil else { return (code, nil) }
                let fields = unsafe [record.pw_name, record.pw_passwd].map { unsafe Self.text($0) }
                let rest = unsafe [record.pw_gecos, record.pw_dir, record.pw_shell].map { unsafe Self.text($0) }
                let ids = unsafe [String(record.pw_uid), String(record.pw_gid)]
                return (0, (fields + ids + rest).joined(separator: ":"))
            case .group:
                var record = unsafe group()
                var found: UnsafeMutablePointer<group>?
                let code = unsafe getgrnam_r(key, &record, start, space.count, &found)
                guard unsafe found != nil else { return (code, nil) }
                var members: [String] = []
                var next = unsafe record.gr_mem
                while let list = unsafe next, let member = unsafe list.pointee {
                    members.append(unsafe Self.text(member))
                    unsafe next = list + 1
                }
                let names = unsafe [Self.text(record.gr_name), Self.text(record.gr_passwd), String(record.gr_gid)]
                return (0, (names + [members.joined(separator: ",")]).joined(separator: ":"))
            }
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
        guard let pointer = unsafe pointer else { return "" }
        return unsafe String(cString: pointer)
    }
}
