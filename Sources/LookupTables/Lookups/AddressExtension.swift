package import Configuration
internal import Mail

/// Splits `user+extension`, as recipient_delimiter says.
package struct AddressExtension: Sendable {
    /// Any of these characters separates; empty: nothing does.
    private let delimiters: [UInt8]
    private let ownerAndRequestAreSpecial: Bool
    private let doubleBounceSender: String

    package static let ownerRequestSpecial = Parameter<YesNo>(
        "owner_request_special", default: "yes",
        summary: "With \"-\" in recipient_delimiter, do not split owner-list and list-request.")

    package init(_ configuration: Configuration) throws(ConfigurationError) {
        self.init(
            delimiters: try configuration.value(of: BaseParameters.recipientDelimiter),
            ownerAndRequestAreSpecial: try configuration.value(of: Self.ownerRequestSpecial).isYes,
            doubleBounceSender: try configuration.value(of: BaseParameters.doubleBounceSender))
    }

    package init(delimiters: String, ownerAndRequestAreSpecial: Bool = true, doubleBounceSender: String = "double-bounce") {
        self.delimiters = Array(delimiters.utf8)
        self.ownerAndRequestAreSpecial = ownerAndRequestAreSpecial
        self.doubleBounceSender = doubleBounceSender
    }

    /// nil when there is no extension. `extension` does not include the delimiter, `unmatched` does.
    package func split(_ localPart: String) -> (user: String, extension: String, unmatched: String)? {
        guard !delimiters.isEmpty, let position = localPart.utf8.firstIndex(where: { delimiters.contains($0) }),
            position != localPart.startIndex, !isReserved(localPart)
        else { return nil }
        let behind = localPart.utf8.index(after: position)
        return (String(localPart[..<position]), String(localPart[behind...]), String(localPart[position...]))
    }

    private func isReserved(_ localPart: String) -> Bool {
        let name = localPart.lowercasedASCII
        if name == "postmaster" || name == "mailer-daemon" || name == doubleBounceSender.lowercasedASCII { return true }
        guard ownerAndRequestAreSpecial, delimiters.contains(UInt8(ascii: "-")) else { return false }
        return name.hasPrefix("owner-") || (name.hasSuffix("-request") && name.utf8.count > 8)
    }
}
