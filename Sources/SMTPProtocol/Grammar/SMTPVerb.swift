internal import Mail

/// The commands that the server counts by name, in the order in which Postfix logs them at the end of a session.
package enum SMTPVerb: UInt8, CaseIterable, Sendable {
    case helo, ehlo, mail, rcpt, data, rset, noop, vrfy, quit, help, unknown

    /// As in the log: lower case.
    package var name: String { "\(self)" }

    /// The verb is the first word, whatever its case.
    init(_ word: ArraySlice<UInt8>) {
        guard word.count == 4 else {
            self = .unknown
            return
        }
        let key = word.reduce(UInt32(0)) { $0 << 8 | UInt32($1.lowercasedASCII) }
        self = Self.byKey[key] ?? .unknown
    }

    private static let byKey: [UInt32: SMTPVerb] = {
        var table: [UInt32: SMTPVerb] = [:]
        for verb in allCases where verb != .unknown {
            table[verb.name.utf8.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }] = verb
        }
        return table
    }()
}
