internal import CPlatform
internal import Glibc

/// Marks that living processes have on a file which they share: a number for each, seen by whoever opens it, and gone with the process,
/// however it ends. Nothing is ever written to the file.
///
/// *Failure:* typed throws. A mark that cannot be set means that nobody would know of this process.
package final class SharedMarks: @unchecked Sendable {
    /// Highest number.
    package static let limit: UInt64 = 1 << 62

    private let path: String
    private let descriptor: Int32

    /// The file exists already. Closing any other descriptor of it in this process would drop the marks: it is opened once.
    package init(path: String) throws(SystemError) {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemError("open", path, errno) }
    }

    deinit { close(descriptor) }

    /// Neighbours of one process are one mark to the kernel, so a process sets one, or such as are no neighbours.
    package func set(_ number: UInt64) throws(SystemError) { try change(number, on: 1) }
    package func clear(_ number: UInt64) throws(SystemError) { try change(number, on: 0) }

    private func change(_ number: UInt64, on: Int32) throws(SystemError) {
        precondition(number <= Self.limit, "a mark's number is a file offset")
        guard martlet_set_mark(descriptor, Int64(number), on) == 0 else { throw SystemError("fcntl", path, errno) }
    }

    /// The marks of other processes, each with its process.
    package func others() throws(SystemError) -> [UInt64: Int32] {
        var found: [UInt64: Int32] = [:]
        var ranges: [ClosedRange<Int64>] = [0...Int64(Self.limit)]
        // The kernel names any mark in a range: what is on both sides of it is asked for again.
        while let range = ranges.popLast() {
            var process: Int32 = 0
            let place = unsafe martlet_find_mark(descriptor, range.lowerBound, range.upperBound, &process)
            if place == -2 { throw SystemError("fcntl", path, errno) }
            guard range.contains(place) else { continue }
            found[UInt64(place)] = process
            if place > range.lowerBound { ranges.append(range.lowerBound...place - 1) }
            if place < range.upperBound { ranges.append(place + 1...range.upperBound) }
        }
        return found
    }
}
