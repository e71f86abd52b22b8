internal import Glibc
internal import MailLog
internal import Platform

/// Programs of an earlier master that was killed: they finish what they have in hand, and may still hold sockets and locks.
enum Orphans {
    /// So long a start waits for sockets that they hold.
    private static let patience = 100
    private static let pause: UInt32 = 100_000

    /// Does what opens the sockets; while one of them is an orphan's, again.
    ///
    /// - Throws: what the last attempt did, with the orphans' names.
    static func waiting(_ settings: InstanceSettings, _ body: () throws(MasterFailure) -> Void) throws(MasterFailure) {
        let first = find(settings)
        if !first.isEmpty { Log.warning("programs of an earlier master are still finishing: \(text(first))") }
        for attempt in 0... {
            do throws(MasterFailure) {
                return try body()
            } catch {
                guard error.isAddressInUse else { throw error }
                let left = find(settings)
                guard !left.isEmpty else { throw error }
                guard attempt < patience else {
                    throw MasterFailure("\(error.message); an earlier master's programs do not end: \(text(left))")
                }
                usleep(pause)
            }
        }
    }

    /// Workers are called `program -n name … -c directory`, and this master has none yet.
    private static func find(_ settings: InstanceSettings) -> [(process: Int32, name: String)] {
        let numbers = (try? POSIXFileSystem().list("/proc")) ?? []
        return numbers.compactMap { Int32($0) }.sorted().compactMap { process in
            guard let bytes = try? WholeFile.read("/proc/\(process)/cmdline", limit: 1 << 16) else { return nil }
            let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            guard let place = words.firstIndex(of: "-c"), words.contains("-n"), place + 1 < words.count,
                words[place + 1] == settings.directory
            else { return nil }
            let program = words[0]
            return (process, program.split(separator: "/").last.map(String.init) ?? program)
        }
    }

    private static func text(_ processes: [(process: Int32, name: String)]) -> String {
        processes.map { "\($0.name)[\($0.process)]" }.joined(separator: ", ")
    }
}
