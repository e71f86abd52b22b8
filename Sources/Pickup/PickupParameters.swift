package import Configuration

/// What pickup reads from main.cf beside the common parameters.
package enum PickupParameters {
    package static let authorizedSubmitUsers = Parameter<WordList>(
        "authorized_submit_users", default: "static:anyone",
        summary: "Users of this host who may submit mail with sendmail; `!user` excludes one.")
    package static let userConnectionLimit = Parameter<Int>(
        "local_submission_concurrency_limit", default: "50", limits: 1...10_000,
        summary: "How many submissions one user of this host may have open at once.")

    package static let all: [any AnyParameter] = [authorizedSubmitUsers, userConnectionLimit]
}

/// The settings of pickup, typed.
struct PickupSettings: Sendable {
    var hostname: String
    var mailName: String
    var authorized: SubmitUsers
    var userConnectionLimit: Int

    init(_ configuration: Configuration) throws(ConfigurationError) {
        hostname = try configuration.value(of: BaseParameters.myhostname)
        mailName = try configuration.value(of: BaseParameters.mailName)
        authorized = try SubmitUsers(try configuration.value(of: PickupParameters.authorizedSubmitUsers).words)
        userConnectionLimit = try configuration.value(of: PickupParameters.userConnectionLimit)
    }
}

/// authorized_submit_users: names, `!names` and `static:anything` (everybody), the first match decides.
struct SubmitUsers: Equatable, Sendable {
    private enum Rule: Equatable {
        case user(String, allowed: Bool)
        case everybody(allowed: Bool)
    }
    private let rules: [Rule]

    init(_ words: [String]) throws(ConfigurationError) {
        var rules: [Rule] = []
        for word in words {
            let allowed = !word.hasPrefix("!")
            let name = allowed ? word : String(word.dropFirst())
            if name.hasPrefix("static:") {
                rules.append(.everybody(allowed: allowed))
            } else if name.contains(":") || name.contains("/") {
                throw ConfigurationError("authorized_submit_users: \"\(name)\": only user names and static: are supported")
            } else {
                rules.append(.user(name, allowed: allowed))
            }
        }
        self.rules = rules
    }

    func allows(_ user: String) -> Bool {
        for rule in rules {
            switch rule {
            case .user(user, let allowed), .everybody(let allowed): return allowed
            case .user: continue
            }
        }
        return false
    }
}
