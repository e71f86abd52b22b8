internal import Mail

/// The right-hand side of an access table, access(5).
enum AccessAction: Equatable, Sendable {
    case ok
    case dunno
    /// nil: the restriction's own code. The text may be empty.
    case reject(code: UInt16?, status: EnhancedStatus?, text: String)
    case deferred(status: EnhancedStatus?, text: String)
    case deferIfPermit(status: EnhancedStatus?, text: String)
    case deferIfReject(status: EnhancedStatus?, text: String)
    case warn(String)
    case info(String)
    case hold(String)
    case discard(String)
    case filter(String)
    case redirect(EmailAddress)
    case prepend(String)
    /// Other restrictions, by name.
    case restrictions([String])

    /// nil when the text means nothing that Martlet has.
    init?(_ value: String) {
        let word = String(value.prefix { $0 != " " && $0 != "\t" })
        let text = String(value.dropFirst(word.count).drop { $0 == " " || $0 == "\t" })
        if let code = UInt16(word), word.utf8.count == 3, (400...599).contains(code) {
            let (status, rest) = Self.splitStatus(text)
            self = .reject(code: code, status: status, text: rest)
            return
        }
        // Any other number means OK (a table that also serves as a list of users).
        if !word.isEmpty, word.utf8.allSatisfy(\.isASCIIDigit) {
            self = .ok
            return
        }
        guard let action = Self.named(word.uppercased(), text) ?? Self.list(value) else { return nil }
        self = action
    }

    private static func named(_ word: String, _ text: String) -> AccessAction? {
        let (status, rest) = splitStatus(text)
        switch word {
        case "OK", "RELAY": return .ok
        case "DUNNO": return .dunno
        case "REJECT": return .reject(code: nil, status: status, text: rest)
        case "DEFER": return .deferred(status: status, text: rest)
        case "DEFER_IF_PERMIT": return .deferIfPermit(status: status, text: rest)
        case "DEFER_IF_REJECT": return .deferIfReject(status: status, text: rest)
        case "WARN": return .warn(text)
        case "INFO": return .info(text)
        case "HOLD": return .hold(text)
        case "DISCARD": return .discard(text)
        case "FILTER": return text.contains(":") ? .filter(text) : nil
        case "REDIRECT": return text.contains("@") ? .redirect(EmailAddress(internal: text)) : nil
        case "PREPEND": return isHeader(text) ? .prepend(text) : nil
        default: return nil
        }
    }

    private static func list(_ value: String) -> AccessAction? {
        let words = value.split { $0 == " " || $0 == "\t" || $0 == "," }.map { $0.lowercased() }
        guard !words.isEmpty, words.allSatisfy({ RestrictionParser.simple[$0] != nil }) else { return nil }
        return .restrictions(words)
    }

    /// `5.7.1 text`
    private static func splitStatus(_ text: String) -> (EnhancedStatus?, String) {
        let word = text.prefix { $0 != " " && $0 != "\t" }
        guard let status = EnhancedStatus(word) else { return (nil, text) }
        return (status, String(text.dropFirst(word.count).drop { $0 == " " || $0 == "\t" }))
    }

    private static func isHeader(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon != text.startIndex else { return false }
        return text[..<colon].utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
            && !text.utf8.contains { $0 == 13 || $0 == 10 || $0 == 0 }
    }
}
