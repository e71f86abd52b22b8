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
    /// qmgr_ipc_timeout: how long a new qmgr waits for an agent that lives to say what it has in hand.
    package var agentPatience = Duration.seconds(60)
    /// daemon_timeout: what an agent has in hand is given to another after this silence, even if its process is still there.
    package var deliveryLimit = Duration.seconds(18_000)
    package var limits: @Sendable (_ transport: String) -> TransportLimits = { _ in TransportLimits() }
    package init() {}
}
