import Mail
import Resolver
import Synchronization

/// A DNS that says what a table says. Keys are `name TYPE`; a name that no key begins with does not exist.
struct NameTable: NameService {
    var mx: [String: [(UInt16, String)]] = [:]
    var addresses: [String: [String]] = [:]
    var failing: Set<String> = []

    func query(_ name: String, _ type: RecordType) async -> Lookup<[UInt8]> {
        if failing.contains("\(name) \(type)") { return .temporaryFailure("as the test wants it") }
        var records: [[UInt8]] = []
        switch type {
        case .mx: records = (mx[name] ?? []).map { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + Self.encoded($0.1) }
        case .a: records = (addresses[name] ?? []).compactMap { IPAddress($0)?.bytes }.filter { $0.count == 4 }
        case .aaaa: records = (addresses[name] ?? []).compactMap { IPAddress($0)?.bytes }.filter { $0.count == 16 }
        case .cname, .ptr, .txt, .tlsa: break
        }
        if !records.isEmpty { return .found(Answer(records)) }
        return mx[name] == nil && addresses[name] == nil ? .noSuchDomain : .noData
    }

    private static func encoded(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }
}

/// A DNS that says one thing, and another after ``change()``.
final class ChangingNames: NameService {
    private let before: NameTable
    private let after: NameTable
    private let isChanged = Mutex(false)

    init(_ before: NameTable, _ after: NameTable) {
        self.before = before
        self.after = after
    }

    func change() { isChanged.withLock { $0 = true } }

    func query(_ name: String, _ type: RecordType) async -> Lookup<[UInt8]> {
        await (isChanged.withLock { $0 } ? after : before).query(name, type)
    }
}
