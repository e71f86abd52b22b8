package import Configuration

/// The parameters of the queue manager, declared once; names and defaults are Postfix's.
package enum QueueManagerParameters {
    static let queueRunDelay = Parameter<Duration>(
        "queue_run_delay", default: "300s", limits: .seconds(1)...(.days(365)),
        summary: "How often deferred mail that is due is looked for.")
    static let minimalBackoffTime = Parameter<Duration>(
        "minimal_backoff_time", default: "300s", limits: .seconds(1)...(.days(365)),
        summary: "The shortest time between two attempts, and how long a dead destination is left alone.")
    static let maximalBackoffTime = Parameter<Duration>(
        "maximal_backoff_time", default: "4000s", limits: .seconds(1)...(.days(365)),
        summary: "The longest time between two attempts.")
    static let maximalQueueLifetime = Parameter<Duration>(
        "maximal_queue_lifetime", default: "5d", limits: .zero...(.days(365)),
        summary: "The age at which mail that still fails is returned to its sender.")
    static let bounceQueueLifetime = Parameter<Duration>(
        "bounce_queue_lifetime", default: "5d", limits: .zero...(.days(365)),
        summary: "The same for mail with the null sender.")
    static let delayWarningTime = Parameter<Duration>(
        "delay_warning_time", default: "0h", limits: .zero...(.days(365)),
        summary: "The age at which the sender is told that mail is still queued; 0: never.")
    static let transportRetryTime = Parameter<Duration>(
        "transport_retry_time", default: "60s", limits: .seconds(1)...(.days(365)),
        summary: "How long a delivery service that does not work is left alone.")
    static let messageActiveLimit = Parameter<Int>(
        "qmgr_message_active_limit", default: "20000", limits: 1...10_000_000,
        summary: "Messages that are being delivered at once.")
    static let messageRecipientLimit = Parameter<Int>(
        "qmgr_message_recipient_limit", default: "20000", limits: 1...10_000_000,
        summary: "Recipients that are in memory at once.")
    static let initialConcurrency = Parameter<Int>(
        "initial_destination_concurrency", default: "5", limits: 1...100_000,
        summary: "Deliveries at once to a destination that nothing is known of.")
    static let concurrencyLimit = Parameter<Int>(
        "default_destination_concurrency_limit", default: "20", limits: 0...100_000,
        summary: "Deliveries at once to one destination; 0: no limit.")
    static let recipientLimit = Parameter<Int>(
        "default_destination_recipient_limit", default: "50", limits: 0...100_000,
        summary: "Recipients in one delivery; 0: no limit. With 1 each recipient is a destination of its own.")
    static let positiveFeedback = Parameter<FeedbackText>(
        "default_destination_concurrency_positive_feedback", default: "1",
        summary: "How much a success widens a destination's concurrency.")
    static let negativeFeedback = Parameter<FeedbackText>(
        "default_destination_concurrency_negative_feedback", default: "1",
        summary: "How much a failure to connect narrows a destination's concurrency.")
    static let failedCohortLimit = Parameter<Int>(
        "default_destination_concurrency_failed_cohort_limit", default: "1", limits: 0...100_000,
        summary: "After so many windows of failures a destination is dead; 0: never.")
    static let destinationRateDelay = Parameter<Duration>(
        "default_destination_rate_delay", default: "0s", limits: .zero...(.days(365)),
        summary: "The pause between two deliveries to one destination.")
    static let transportRateDelay = Parameter<Duration>(
        "default_transport_rate_delay", default: "0s", limits: .zero...(.days(365)),
        summary: "The pause between two deliveries of one transport.")
    static let deferTransports = Parameter<WordList>(
        "defer_transports", default: "", summary: "Transports that nothing is given to until the queue is flushed.")
    static let ipcIdle = Parameter<Duration>(
        "ipc_idle", default: "5s", limits: .seconds(1)...(.days(365)),
        summary: "How long an unused connection to another program of the suite is kept.")
    static let queueManagerIPCTimeout = Parameter<Duration>(
        "qmgr_ipc_timeout", default: "60s", limits: .seconds(1)...(.days(365)),
        summary: "How long qmgr waits for a delivery agent to say that it is ready, and for a notice to be made.")
    static let daemonTimeout = Parameter<Duration>(
        "daemon_timeout", default: "18000s", limits: .seconds(1)...(.days(365)),
        summary: "How long one delivery may take before its agent is given up.")

    /// Each transport may have its own: `smtp_destination_concurrency_limit`. A few have defaults of their own, as in Postfix.
    static func forTransport<Value>(_ transport: String, _ general: Parameter<Value>) -> Parameter<Value> {
        let ending = general.name.hasPrefix("default") ? String(general.name.dropFirst("default".count)) : "_" + general.name
        let name = transport + ending
        return Parameter(name, default: ownDefaults[name] ?? "$" + general.name, summary: general.summary)
    }

    private static let ownDefaults = [
        "local_destination_concurrency_limit": "2", "local_destination_recipient_limit": "1",
        "virtual_destination_recipient_limit": "1",
    ]

    package static let all: [any AnyParameter] = [
        queueRunDelay, minimalBackoffTime, maximalBackoffTime, maximalQueueLifetime, bounceQueueLifetime, delayWarningTime,
        transportRetryTime, messageActiveLimit, messageRecipientLimit, initialConcurrency, concurrencyLimit, recipientLimit,
        positiveFeedback, negativeFeedback, failedCohortLimit, destinationRateDelay, transportRateDelay, deferTransports,
        ipcIdle, queueManagerIPCTimeout, daemonTimeout,
    ]
}

extension Duration {
    static func days(_ count: Int64) -> Duration { .seconds(count * 86_400) }
}
