package import Platform

/// Why a segment or a record in it cannot be read.
package enum SegmentError: Error, Equatable, Sendable, CustomStringConvertible {
    case system(SystemError)
    /// The file's first block is not what it should be; no record can be verified without its nonce. A crash while the segment was
    /// being made leaves such a file, always without any record.
    case damagedHeader(path: String, reason: String)
    /// Written by a later version.
    case unknownFormat(path: String, format: UInt32)
    /// No record verifies at this offset.
    case damagedRecord(path: String, DamagedRange)

    package var description: String {
        switch self {
        case .system(let error): error.description
        case .damagedHeader(let path, let reason): "\(path): \(reason)"
        case .unknownFormat(let path, let format): "\(path): format \(format) is of a later version"
        case .damagedRecord(let path, let damage):
            "\(path), bytes \(damage.range.lowerBound) to \(damage.range.upperBound): \(damage.reason)"
        }
    }
}
