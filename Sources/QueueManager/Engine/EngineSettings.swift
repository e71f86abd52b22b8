package import Scheduling

/// What the queue logic needs of the configuration.
package struct EngineSettings: Sendable {
    package var retry = RetryPolicy()
    /// queue_run_delay
    package var queueRunDelay = Duration.seconds(300)
    /// transport_retry_time; also the pause after an unknown outcome.
    package var transportRetryTime = Duration.seconds(60)
    /// qmgr_message_active_limit
    package var messageLimit = 20_000
    /// qmgr_message_recipient_limit
    package var recipientLimit = 20_000
    /// soft_bounce: permanent failures are temporary.
    package var softBounce = false
    /// defer_transports
    package var deferredTransports: Set<String> = []
    /// recipient_delimiter
    package var recipientDelimiter = ""
    /// double_bounce_sender, the local part
    package var doubleBounceSender = "double-bounce"
    /// myhostname: where a content filter without next hop is.
    package var hostName = "localhost"
    /// Nothing is dispatched this long after start-up, so that agents of an earlier qmgr can say what they have in hand.
    package var resumeGrace = Duration.milliseconds(300)
    package var limits: @Sendable (_ transport: String) -> TransportLimits = { _ in TransportLimits() }
    package init() {}
}
