/// A time with a unit suffix (s, m, h, d, w). A number without one has the unit of the parameter's default: 5 means five days
/// for bounce_queue_lifetime, five seconds for smtp_rset_timeout. Postfix: postconf(5), "time limit".
extension Duration: ParameterValue {
    package static var typeName: String { "time" }
    package static var usesUnit: Bool { true }
    package static func parse(_ text: String) -> Duration? { parse(text, unit: nil) }

    package static func parse(_ text: String, unit defaultUnit: Character?) -> Duration? {
        guard let last = text.last else { return nil }
        let unit = last.isLetter ? last : defaultUnit ?? "s"
        let digits = last.isLetter ? text.dropLast() : text[...]
        guard digits.utf8.first != UInt8(ascii: "+"), let number = Int64(digits), number >= 0 else { return nil }
        let factor: Int64
        switch unit {
        case "s", "S": factor = 1
        case "m", "M": factor = 60
        case "h", "H": factor = 3600
        case "d", "D": factor = 86_400
        case "w", "W": factor = 604_800
        default: return nil
        }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : .seconds(seconds)
    }
}
