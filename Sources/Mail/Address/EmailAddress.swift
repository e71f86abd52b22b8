/// A mail address in internal form: the local part without quotes, the domain as given ("" when there is none).
///
/// Equality is byte for byte; use ``folded`` as the key where the domain's case must not matter.
package struct EmailAddress: Hashable, Sendable {
    package var localPart: String
    package var domain: String

    package init(localPart: String, domain: String) {
        self.localPart = localPart
        self.domain = domain
    }

    /// Splits internal form at the last `@`. "user" has no domain; "" is the empty address.
    package init(internal text: String) {
        let bytes = text.utf8
        if let at = bytes.lastIndex(of: UInt8(ascii: "@")) {
            localPart = String(text[..<at])
            domain = String(text[bytes.index(after: at)...])
        } else {
            localPart = text
            domain = ""
        }
    }

    /// `local@domain` without quoting: the form of tables, Postfix's internal form.
    package var internalForm: String {
        domain.isEmpty ? localPart : localPart + "@" + domain
    }

    /// Internal form with local part and domain in lower case (ASCII), for comparing.
    package var folded: String { internalForm.lowercasedASCII }

    package var isEmpty: Bool { localPart.isEmpty && domain.isEmpty }

    /// RFC 5321 section 4.1.2: the local part quoted where the grammar of Dot-string asks for it.
    package var externalForm: String {
        let local = Self.isDotString(localPart) ? localPart : Self.quoted(localPart)
        return domain.isEmpty ? local : local + "@" + domain
    }

    /// Dot-string of RFC 5321 section 4.1.2, with UTF-8 as in RFC 6531.
    static func isDotString(_ text: String) -> Bool {
        var afterDot = true
        for byte in text.utf8 {
            if byte == UInt8(ascii: ".") {
                if afterDot { return false }
                afterDot = true
            } else {
                guard byte.isAtext || byte >= 0x80 else { return false }
                afterDot = false
            }
        }
        return !afterDot
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" || character == "\r" || character == "\n" { result.append("\\") }
            result.unicodeScalars.append(character)
        }
        return result + "\""
    }
}

extension EmailAddress: CustomStringConvertible {
    package var description: String { externalForm }
}

/// The sender of an envelope, RFC 5321 section 4.1.1.2: null for reports, so that reports never cause reports.
package enum ReversePath: Hashable, Sendable {
    case null
    case address(EmailAddress)

    package init(internal text: String) {
        self = text.isEmpty ? .null : .address(EmailAddress(internal: text))
    }

    package var internalForm: String {
        switch self {
        case .null: ""
        case .address(let address): address.internalForm
        }
    }

    /// The form between `<` and `>`; empty for null.
    package var externalForm: String {
        switch self {
        case .null: ""
        case .address(let address): address.externalForm
        }
    }
}
