internal import Mail

/// The `$name`s that forward_path and luser_relay know: expanded for each recipient, local_expand of Postfix.
struct RecipientNames: Sendable {
    /// `user+extension` without the domain, folded.
    var local: String
    var user: String
    /// nil when the address has none.
    var `extension`: String?
    var domain: String
    var recipient: String
    /// The character that separated the extension.
    var delimiter: String
    var account: AccountNames?

    struct AccountNames: Sendable {
        var home: String
        var shell: String
    }

    /// What the expansion of a text needed.
    struct Expanded: Equatable {
        var text: String
        /// The extension is part of it.
        var hasExtension = false
        /// A name without a value was in it.
        var isUndefined = false
    }

    private func value(_ name: String) -> String? {
        switch name {
        case "local": local
        case "user": user
        case "extension": `extension`
        case "domain": domain.isEmpty ? nil : domain
        case "recipient": recipient
        case "recipient_delimiter": `extension` == nil ? nil : delimiter
        case "home": account?.home
        case "shell": account?.shell
        default: nil
        }
    }

    /// `$name`, `${name}`, `${name?text}` (when it has a value), `${name:text}` (when it has none).
    ///
    /// - Parameter filter: other characters in values become `_`; nil changes nothing.
    func expand(_ text: String, filter: Set<UInt8>? = RecipientNames.safeCharacters) -> Expanded {
        var result = Expanded(text: "")
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result.text += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "{" || rest.first == "(" {
                let close: Character = rest.first == "{" ? "}" : ")"
                guard let end = rest.firstIndex(of: close) else {
                    result.isUndefined = true
                    return result
                }
                expandGroup(rest[rest.index(after: rest.startIndex)..<end], filter, into: &result)
                rest = rest[rest.index(after: end)...]
            } else {
                let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                rest = rest[name.endIndex...]
                insert(String(name), filter, into: &result)
            }
        }
        result.text += rest
        return result
    }

    private func expandGroup(_ group: Substring, _ filter: Set<UInt8>?, into result: inout Expanded) {
        let name = String(group.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        let behind = group.dropFirst(name.count)
        switch behind.first {
        case "?":
            if value(name) != nil { result.text += expand(String(behind.dropFirst()), filter: filter).text }
        case ":":
            if value(name) == nil { result.text += expand(String(behind.dropFirst()), filter: filter).text }
        default: insert(name, filter, into: &result)
        }
        if name == "extension" && value(name) != nil { result.hasExtension = true }
    }

    private func insert(_ name: String, _ filter: Set<UInt8>?, into result: inout Expanded) {
        guard let value = value(name) else {
            result.isUndefined = true
            return
        }
        if name == "extension" { result.hasExtension = true }
        guard let filter else {
            result.text += value
            return
        }
        result.text += String(
            decoding: value.utf8.map { filter.contains($0) || $0 >= 0x80 ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    }

    /// Default of forward_expansion_filter and execution_directory_expansion_filter.
    static let safeCharacters = Set(
        "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
}
