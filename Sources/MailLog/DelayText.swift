/// Delays as Postfix's log has them: two significant digits, at most two decimals, trailing zeros dropped, whole seconds from
/// ten on (`0.05`, `1.2`, `13`). delay_logging_resolution_limit = 2.
package enum DelayText {
    /// - Parameter microseconds: negative values (a clock that was set back) count as 0.
    package static func append(_ microseconds: Int64, to text: inout String) {
        let value = max(0, microseconds)
        guard value < 9_950_000 else {
            text += String((value + 500_000) / 1_000_000)
            return
        }
        let decimals: Int64 = value >= 995_000 ? 1 : 2
        let unit: Int64 = decimals == 1 ? 100_000 : 10_000
        let scale: Int64 = decimals == 1 ? 10 : 100
        let rounded = (value + unit / 2) / unit
        text += String(rounded / scale)
        var fraction = rounded % scale
        guard fraction > 0 else { return }
        var digits = Int(decimals)
        while fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        let shown = String(fraction)
        text += "."
        for _ in shown.utf8.count..<digits { text += "0" }
        text += shown
    }

    package static func text(_ microseconds: Int64) -> String {
        var text = ""
        append(microseconds, to: &text)
        return text
    }
}
