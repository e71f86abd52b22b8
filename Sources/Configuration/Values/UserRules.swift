/// A list of users who may do something (authorized_submit_users and the like): names, `!names` and `static:anything` (everybody); the
/// first that fits decides, and who fits none may not.
package struct UserRules: Equatable, Sendable {
    private enum Rule: Equatable {
        case user(String, allowed: Bool)
        case everybody(allowed: Bool)
    }
    private let rules: [Rule]

    /// - Parameter parameter: its name, for the message when a word cannot be used.
    package init(_ words: [String], parameter: String) throws(ConfigurationError) {
        var rules: [Rule] = []
        for word in words {
            let allowed = !word.hasPrefix("!")
            let name = allowed ? word : String(word.dropFirst())
            if name.hasPrefix("static:") {
                rules.append(.everybody(allowed: allowed))
            } else if name.contains(":") || name.contains("/") {
                throw ConfigurationError("\(parameter): \"\(name)\": only user names and static: are supported")
            } else {
                rules.append(.user(name, allowed: allowed))
            }
        }
        self.rules = rules
    }

    package func allows(_ user: String) -> Bool {
        for rule in rules {
            switch rule {
            case .user(user, let allowed), .everybody(let allowed): return allowed
            case .user: continue
            }
        }
        return false
    }

    package var allowsEverybody: Bool { rules.first == .everybody(allowed: true) }
}
