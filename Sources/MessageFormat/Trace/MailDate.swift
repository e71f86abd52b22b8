/// The offset of local time at some instant, as the C library knows it.
package struct ZoneOffset: Equatable, Sendable {
    /// Seconds east of UTC.
    package var seconds: Int32
    /// `CEST`; empty when unknown.
    package var name: String
    package init(seconds: Int32, name: String) {
        self.seconds = seconds
        self.name = name
    }
    package static let utc = ZoneOffset(seconds: 0, name: "UTC")
}

/// Dates of RFC 5322 section 3.3 in Postfix's form: `Tue,  1 Aug 2023 12:00:00 +0200 (CEST)`.
package enum MailDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// - Parameter seconds: since 1970.
    package static func text(seconds: Int64, zone: ZoneOffset) -> String {
        let time = CivilTime(seconds: seconds + Int64(zone.seconds))
        let minutes = Int(abs(zone.seconds)) / 60
        var text = days[time.weekday] + ", " + padded(time.day, 2, with: " ") + " " + months[time.month - 1]
        text += " " + padded(Int(time.year), 4) + " " + padded(time.hour, 2) + ":" + padded(time.minute, 2)
        text += ":" + padded(time.second, 2) + (zone.seconds < 0 ? " -" : " +")
        text += padded(minutes / 60, 2) + padded(minutes % 60, 2)
        return zone.name.isEmpty ? text : text + " (" + zone.name + ")"
    }

    /// The line that begins a message in an mbox: `Tue Aug  1 12:00:00 2023`.
    package static func mailboxText(seconds: Int64, zone: ZoneOffset) -> String {
        let time = CivilTime(seconds: seconds + Int64(zone.seconds))
        return days[time.weekday] + " " + months[time.month - 1] + " " + padded(time.day, 2, with: " ") + " "
            + padded(time.hour, 2) + ":" + padded(time.minute, 2) + ":" + padded(time.second, 2) + " " + String(time.year)
    }
}

/// Keeps the text of the last second: under load many messages share it.
package struct MailDateCache: Sendable {
    private var second = Int64.min
    private var cached = ""
    private let zone: @Sendable (Int64) -> ZoneOffset

    /// - Parameter zone: the offset of local time at a second since 1970.
    package init(zone: @escaping @Sendable (Int64) -> ZoneOffset) { self.zone = zone }

    package mutating func text(seconds: Int64) -> String {
        if seconds != second {
            cached = MailDate.text(seconds: seconds, zone: zone(seconds))
            second = seconds
        }
        return cached
    }
}
