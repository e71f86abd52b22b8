package import Platform
internal import Synchronization

/// Whether outside mail may use the disk: queue_minfree, and 1.5 times message_size_limit, as Postfix's smtpd asks for it.
///
/// Asks the file system at most once a second. Used from several threads.
/// *Failure:* a file system that does not answer is not called full: the write will tell.
package final class SpaceGauge: Sendable {
    private let path: String
    private let minimum: UInt64
    private let fileSystem: any FileSystem
    private let time: any TimeSource
    private static let validity: UInt64 = 1_000_000_000

    private struct Reading: Sendable {
        var instant: UInt64
        var isShort: Bool
    }
    private let last = Mutex<Reading?>(nil)

    package init(path: String, minimum: UInt64, fileSystem: any FileSystem, time: any TimeSource) {
        self.path = path
        self.minimum = minimum
        self.fileSystem = fileSystem
        self.time = time
    }

    package func isShort() -> Bool {
        guard minimum > 0 else { return false }
        return last.withLock { last in
            // Under the lock: a thread that had looked at the clock before waiting for it would find a reading from the future.
            let now = time.monotonic
            if let last, now < last.instant + Self.validity { return last.isShort }
            let isShort = ((try? fileSystem.freeSpace(path)) ?? .max) < minimum
            last = Reading(instant: now, isShort: isShort)
            return isShort
        }
    }

    /// The next question goes to the disk.
    package func forget() { last.withLock { $0 = nil } }
}
