internal import Configuration
internal import DaemonKit
internal import Mail

/// main.cf as cleanup uses it.
struct CleanupSettings: Sendable {
    /// `.max` when there is none.
    var messageSizeLimit: UInt64
    /// Free bytes that outside mail asks for: queue_minfree, and 1.5 times message_size_limit as in Postfix.
    var minimumFree: UInt64
    /// Microseconds.
    var inflowDelay: UInt32
    var headers: MessagePreparation.HeaderSettings
    var duplicateLimit: Int
    var usesOriginal: Bool
    var alwaysBcc: EmailAddress?
}

extension CleanupSettings {
    init(_ startup: Startup) throws(StartupError) {
        let limit = try startup.value(of: BaseParameters.messageSizeLimit)
        messageSizeLimit = limit == 0 ? .max : UInt64(limit)
        minimumFree = max(
            UInt64(try startup.value(of: BaseParameters.queueMinimumFree)), limit == 0 ? 0 : UInt64(limit) / 2 * 3)
        inflowDelay = UInt32(try startup.value(of: CleanupParameters.inflowDelay).components.seconds) * 1_000_000
        let origin = try startup.value(of: BaseParameters.myorigin)
        headers = MessagePreparation.HeaderSettings(
            hostname: try startup.value(of: BaseParameters.myhostname),
            nullSenderAddress: EmailAddress(localPart: "MAILER-DAEMON", domain: origin),
            undisclosedRecipients: try startup.value(of: CleanupParameters.undisclosedRecipientsHeader),
            addsMissingAlways: try startup.value(of: CleanupParameters.alwaysAddMissingHeaders).isYes,
            hopLimit: try startup.value(of: CleanupParameters.hopcountLimit),
            fieldLimit: try startup.value(of: CleanupParameters.headerSizeLimit))
        duplicateLimit = try startup.value(of: CleanupParameters.duplicateFilterLimit)
        usesOriginal = try startup.value(of: CleanupParameters.enableOriginalRecipient).isYes
        let copy = try startup.value(of: CleanupParameters.alwaysBcc)
        alwaysBcc = copy.isEmpty ? nil : EmailAddress(internal: copy)
    }
}
