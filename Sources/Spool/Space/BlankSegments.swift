import Platform

extension SpoolDirectory {
    /// Whether a segment's first block was never written: the power went while it was being made, or it is being made now.
    func isBlankSegment(_ number: UInt64, _ fileSystem: any FileSystem) -> Bool {
        guard let file = try? fileSystem.open(segment(number), .read) else { return false }
        defer { file.close() }
        guard let bytes = try? file.read(Int(SegmentHeader.blockLength), at: 0) else { return false }
        return bytes.allSatisfy { $0 == 0 }
    }
}

extension QueueStore {
    /// A segment that is being made is blank for a moment, and without a lock for a shorter one (nanoseconds).
    private static let blankFor: UInt64 = 60 * 1_000_000_000

    /// Removes segments that were never finished: blank and without an owner for a minute, so that nobody is making them.
    func removeBlankSegments(_ problems: inout [String]) {
        let monotonic = time.monotonic
        var blank: [UInt64: UInt64] = [:]
        do throws(SystemError) {
            let numbers = try directory.segmentNumbers(fileSystem)
            for number in numbers.dropLast() where segments[number] == nil && directory.isBlankSegment(number, fileSystem) {
                let file = try fileSystem.open(directory.segment(number), .read)
                defer { file.close() }
                guard try file.tryLock() else { continue }
                let since = upkeep.blank[number] ?? monotonic
                if monotonic &- since >= Self.blankFor {
                    try fileSystem.unlink(directory.segment(number))
                } else {
                    blank[number] = since
                }
            }
        } catch {
            problems.append(error.description)
        }
        upkeep.blank = blank
    }
}
