/// How often each command came, and with what success: the tail of the `disconnect from` line.
package struct CommandCounts: Equatable, Sendable {
    private var succeeded = [UInt32](repeating: 0, count: SMTPVerb.allCases.count)
    private var total = [UInt32](repeating: 0, count: SMTPVerb.allCases.count)

    mutating func count(_ verb: SMTPVerb) { total[Int(verb.rawValue)] &+= 1 }
    mutating func success(_ verb: SMTPVerb) { succeeded[Int(verb.rawValue)] &+= 1 }

    /// ` ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4`: commands that came only; the total only where it differs.
    package func append(to text: inout String) {
        for verb in SMTPVerb.allCases where total[Int(verb.rawValue)] > 0 {
            Self.append(verb.name, succeeded[Int(verb.rawValue)], total[Int(verb.rawValue)], to: &text)
        }
        let all = total.reduce(0, &+)
        if all == 0 { text += " commands=0/0" } else { Self.append("commands", succeeded.reduce(0, &+), all, to: &text) }
    }

    private static func append(_ name: String, _ ok: UInt32, _ total: UInt32, to text: inout String) {
        text += " "
        text += name
        text += "="
        text += String(ok)
        if ok != total {
            text += "/"
            text += String(total)
        }
    }
}
