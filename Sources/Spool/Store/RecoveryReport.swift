/// What start-up found: for the log and for `martlet status`.
package struct RecoveryReport: Equatable, Sendable {
    package var segments = 0
    /// Records read from segments (the tails, or everything when the index was rebuilt).
    package var records = 0
    package var events = 0
    /// Why the index was rebuilt; nil when it was used as it is.
    package var rebuilt: String?
    /// Damage: quarantined records, recipients put on hold. One sentence each.
    package var problems: [String] = []
    package init() {}
}
