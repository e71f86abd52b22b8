internal import Glibc
internal import Platform

/// The processes of this machine, from /proc.
enum ProcessTable {
    struct Entry: Equatable {
        var process: Int32
        var name: String
        var residentKilobytes: Int
    }

    /// Children of a process, by number; those that ended meanwhile are left out.
    static func children(of parent: Int32) -> [Entry] {
        let names = (try? POSIXFileSystem().list("/proc")) ?? []
        return names.compactMap { Int32($0) }.sorted().compactMap { entry($0, parent: parent) }
    }

    private static func entry(_ process: Int32, parent: Int32) -> Entry? {
        guard let bytes = try? WholeFile.read("/proc/\(process)/status") else { return nil }
        var fields: [Substring: Substring] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1].drop { $0 == "\t" || $0 == " " } }
        }
        guard fields["PPid"].flatMap({ Int32($0) }) == parent, let name = fields["Name"] else { return nil }
        let resident = fields["VmRSS"]?.split(separator: " ").first.flatMap { Int($0) }
        return Entry(process: process, name: String(name), residentKilobytes: resident ?? 0)
    }
}
