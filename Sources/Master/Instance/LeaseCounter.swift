internal import MailLog
internal import Platform

/// Numbers that are never given out twice on this spool, one for each process that makes queue IDs.
///
/// `data_directory/lease` holds the highest number that may have been given out. It is written and synced before the first of
/// a block is used; what a crash leaves unused of the block is skipped.
/// *Failure:* no number without its block on the disk. A damaged file is replaced by a number from the clock, which is higher
/// than any that counting has reached.
struct LeaseCounter {
    private static let block: UInt64 = 16
    /// QueueIDGenerator keeps 16 bits for its own counter.
    private static let limit: UInt64 = 1 << 47

    private let directory: String
    private let files: any FileSystem
    private let time: any TimeSource
    private var last: UInt64 = 0
    private var reserved: UInt64 = 0

    init(directory: String, files: any FileSystem = POSIXFileSystem(), time: any TimeSource = SystemTime()) {
        self.directory = directory
        self.files = files
        self.time = time
    }

    mutating func next() throws(SystemError) -> UInt64 {
        if last == reserved {
            if reserved == 0 { last = try recover() }
            let upTo = last + Self.block
            try store(upTo)
            reserved = upTo
        }
        last += 1
        return last
    }

    private var path: String { directory + "/lease" }

    private func recover() throws(SystemError) -> UInt64 {
        let bytes: [UInt8]
        do throws(SystemError) {
            let file = try files.open(path, .read)
            defer { file.close() }
            bytes = try file.read(32, at: 0)
        } catch {
            if error.code == SystemError.notFound { return 0 }
            throw error
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasSuffix("\n"), let number = UInt64(text.dropLast()), number < Self.limit { return number }
        Log.warning("\(path) is damaged: queue IDs go on with a number from the clock")
        return UInt64(max(1, time.wall / 1_000_000))
    }

    /// Into a new file that takes the old one's place: there is no moment without a whole number.
    private func store(_ number: UInt64) throws(SystemError) {
        let new = path + ".new"
        do throws(SystemError) {
            try files.unlink(new)
        } catch {
            if error.code != SystemError.notFound { throw error }
        }
        let file = try files.open(new, .createNew(permissions: 0o600))
        defer { file.close() }
        try file.write(Array("\(number)\n".utf8), at: 0)
        try file.sync()
        try files.rename(new, to: path)
        try files.syncDirectory(directory)
    }
}
