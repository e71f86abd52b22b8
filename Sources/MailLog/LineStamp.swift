internal import CPlatform
internal import Glibc

/// `Mon dd hh:mm:ss` in local time, composed once a second. The day is padded with a space as RFC 3164 wants.
struct LineStamp: Sendable {
    private static let months = Array("JanFebMarAprMayJunJulAugSepOctNovDec".utf8)
    private var second: Int = .min
    private var text: [UInt8] = []

    mutating func append(to buffer: inout [UInt8]) {
        var now = timespec()
        // The coarse clock costs no system call, and its 4 ms do not matter here.
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &now)
        append(second: now.tv_sec, to: &buffer)
    }

    mutating func append(second now: Int, to buffer: inout [UInt8]) {
        if now != second {
            second = now
            compose()
        }
        buffer.append(contentsOf: text)
    }

    private mutating func compose() {
        let local = martlet_local_time(Int64(second))
        let month = 3 * Int(local.month % 12)
        text.removeAll(keepingCapacity: true)
        text.append(contentsOf: Self.months[month..<month + 3])
        text.append(UInt8(ascii: " "))
        text.append(local.day < 10 ? UInt8(ascii: " ") : Self.digit(local.day / 10))
        text.append(Self.digit(local.day % 10))
        for (separator, value) in [(" ", local.hour), (":", local.minute), (":", local.second)] {
            text.append(contentsOf: separator.utf8)
            text.append(Self.digit(value / 10))
            text.append(Self.digit(value % 10))
        }
    }

    private static func digit(_ value: Int32) -> UInt8 { UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10) }
}
