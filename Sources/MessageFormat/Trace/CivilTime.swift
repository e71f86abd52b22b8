/// A calendar day and a time of day, by integers only (the proleptic Gregorian calendar).
struct CivilTime: Equatable {
    var year: Int64
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    /// 0 is Sunday.
    var weekday: Int

    /// - Parameter seconds: since 1970, in the zone that is to be shown.
    init(seconds: Int64) {
        var days = seconds / 86_400
        var rest = Int(seconds % 86_400)
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
        let shifted = (days % 7 + 11) % 7
        weekday = Int(shifted)
        // Days since 1 March of year 0, in eras of 400 years.
        let sinceMarch = days + 719_468
        let era = (sinceMarch >= 0 ? sinceMarch : sinceMarch - 146_096) / 146_097
        let dayOfEra = sinceMarch - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

/// Decimal digits with leading zeros.
func padded(_ value: Int, _ width: Int, with filler: String = "0") -> String {
    let digits = String(value)
    return String(repeating: filler, count: max(0, width - digits.utf8.count)) + digits
}

/// `yyyymmddhhmmss` in UTC, as in Message-Id.
enum CompactTime {
    static func text(seconds: Int64) -> String {
        let time = CivilTime(seconds: seconds)
        return String(time.year) + padded(time.month, 2) + padded(time.day, 2) + padded(time.hour, 2)
            + padded(time.minute, 2) + padded(time.second, 2)
    }
}
