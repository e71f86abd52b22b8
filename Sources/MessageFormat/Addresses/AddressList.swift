package import Mail

/// The addresses in To, Cc, Bcc and the like: RFC 5322 section 3.4 with groups, comments, routes and the obsolete forms.
///
/// Tolerant: what is no address by the grammar still becomes one (`John Doe` is the local part "John Doe"), so that no recipient is
/// lost silently; its delivery fails and says so. Empty addresses (`<>`, empty groups, stray commas) are left out.
package enum AddressList {
    /// - Parameter limit: more addresses than this are not read; the caller refuses the message when it gets that many.
    package static func parse(_ field: [UInt8], limit: Int = .max) -> [EmailAddress] {
        var parser = Parser(tokens: AddressTokens(field), limit: limit)
        parser.run()
        return parser.addresses
    }

    package static func parse(_ field: String) -> [EmailAddress] { parse(Array(field.utf8)) }

    private struct Parser {
        var tokens: AddressTokens
        let limit: Int
        var addresses: [EmailAddress] = []
        private var current = AddressText()
        /// Between `<` and `>`.
        private var isInAngle = false
        /// The address that stood in angle brackets, which makes the words before it a display name.
        private var hasAngle = false

        init(tokens: AddressTokens, limit: Int) {
            self.tokens = tokens
            self.limit = limit
        }

        mutating func run() {
            while addresses.count < limit, let token = tokens.next() {
                switch token {
                case .special(UInt8(ascii: "<")):
                    if hasAngle { flush() }
                    current = AddressText()
                    isInAngle = true
                    hasAngle = true
                case .special(UInt8(ascii: ">")): isInAngle = false
                case .special(UInt8(ascii: ":")):
                    // The end of a route inside brackets, the name of a group outside.
                    if !hasAngle || isInAngle { current = AddressText() }
                case .special(UInt8(ascii: ",")):
                    // Routes are `@a,@b:user@host`: a comma in them ends nothing.
                    if isInAngle && current.beginsWithAt { current = AddressText() } else { flush() }
                case .special(UInt8(ascii: ";")): flush()
                default:
                    // Words behind the closing bracket are a comment in all but grammar.
                    if !hasAngle || isInAngle { current.append(token, afterSpace: tokens.afterSpace) }
                }
            }
            flush()
        }

        private mutating func flush() {
            if let address = current.address, addresses.count < limit { addresses.append(address) }
            current = AddressText()
            isInAngle = false
            hasAngle = false
        }
    }
}

/// Words of one address, put together as they come.
private struct AddressText {
    private var text: [UInt8] = []
    private var at: Int?
    private var endsInWord = false

    var beginsWithAt: Bool { at == 0 }

    mutating func append(_ token: AddressTokens.Token, afterSpace: Bool) {
        switch token {
        case .special(let byte):
            if byte == UInt8(ascii: "@") { at = text.count }
            text.append(byte)
            endsInWord = false
        case .atom(let bytes), .quotedString(let bytes), .domainLiteral(let bytes):
            // Space between words matters where it separates two of them; around dots and @ it is folding (obs-local-part).
            if endsInWord && afterSpace { text.append(0x20) }
            text.append(contentsOf: bytes)
            endsInWord = true
        }
    }

    var address: EmailAddress? {
        guard !text.isEmpty, !text.allSatisfy({ $0 == 0x20 }) else { return nil }
        guard let at else { return EmailAddress(localPart: String(decoding: text, as: UTF8.self), domain: "") }
        return EmailAddress(
            localPart: String(decoding: text[..<at], as: UTF8.self), domain: String(decoding: text[(at + 1)...], as: UTF8.self))
    }
}

extension HeaderSection {
    /// The recipients that `sendmail -t` takes: of Resent-To, Resent-Cc, Resent-Bcc when the message is being resent, else of To, Cc, Bcc.
    package func recipients(in bytes: borrowing Span<UInt8>, limit: Int = .max) -> [EmailAddress] {
        let kinds = isResent ? HeaderKinds(.resentTo, .resentCc, .resentBcc) : HeaderKinds(.to, .cc, .bcc)
        guard !seen.isDisjoint(with: kinds) else { return [] }
        var addresses: [EmailAddress] = []
        for field in fields where kinds.contains(field.kind) && addresses.count < limit {
            addresses += AddressList.parse(bytes.array(field.value), limit: limit - addresses.count)
        }
        return addresses
    }
}

extension Span<UInt8> {
    /// A copy of a part.
    package func array(_ range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
    }
}
