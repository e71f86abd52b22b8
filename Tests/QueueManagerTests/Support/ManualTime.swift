import Platform

/// A clock that stands still until it is told.
final class ManualTime: TimeSource, @unchecked Sendable {
    var wall: Int64 = 1_700_000_000_000_000
    var monotonic: UInt64 = 1_000_000_000_000

    func advance(seconds: Double) {
        wall += Int64(seconds * 1_000_000)
        monotonic += UInt64(seconds * 1_000_000_000)
    }
}
