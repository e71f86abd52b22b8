package import Configuration

/// What showq reads from main.cf beside the common parameters.
package enum ShowQueueParameters {
    static let authorizedMailqUsers = Parameter<WordList>(
        "authorized_mailq_users", default: "static:anyone",
        summary: "Users of this host who may see the queue; `!user` excludes one.")
    static let authorizedFlushUsers = Parameter<WordList>(
        "authorized_flush_users", default: "static:anyone",
        summary: "Users of this host who may have deferred mail tried at once; `!user` excludes one.")

    package static let all: [any AnyParameter] = [authorizedMailqUsers, authorizedFlushUsers]
}

/// The settings of showq, typed.
struct ShowQueueSettings: Sendable {
    var mayList: UserRules
    var mayFlush: UserRules

    init(_ configuration: Configuration) throws(ConfigurationError) {
        mayList = try UserRules(
            try configuration.value(of: ShowQueueParameters.authorizedMailqUsers).words, parameter: "authorized_mailq_users")
        mayFlush = try UserRules(
            try configuration.value(of: ShowQueueParameters.authorizedFlushUsers).words, parameter: "authorized_flush_users")
    }
}
