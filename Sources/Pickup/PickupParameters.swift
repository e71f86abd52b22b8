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
    var authorized: UserRules
    var userConnectionLimit: Int

    init(_ configuration: Configuration) throws(ConfigurationError) {
        hostname = try configuration.value(of: BaseParameters.myhostname)
        mailName = try configuration.value(of: BaseParameters.mailName)
        authorized = try UserRules(
            try configuration.value(of: PickupParameters.authorizedSubmitUsers).words, parameter: "authorized_submit_users")
        userConnectionLimit = try configuration.value(of: PickupParameters.userConnectionLimit)
    }
}
