internal import Wire

/// in_flow_delay: how long outside senders are held back when arrivals outrun the queue manager.
///
/// Nothing up to ``tolerated`` messages behind; then it grows with the lag, up to the parameter's value.
struct InflowDelay {
    static let tolerated: UInt32 = 5000
    /// in_flow_delay in microseconds.
    var maximum: UInt32

    func delay(lag: UInt32) -> UInt32 {
        guard lag > Self.tolerated else { return 0 }
        let excess = UInt64(min(lag - Self.tolerated, Self.tolerated))
        return UInt32(UInt64(maximum) * excess / UInt64(Self.tolerated))
    }
}
