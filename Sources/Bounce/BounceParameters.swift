package import Configuration

/// What bounce(8) reads of main.cf.
package enum BounceParameters {
    static let bounceSizeLimit = Parameter<Int>(
        "bounce_size_limit", default: "50000", limits: 1...Int.max,
        summary: "A message larger than this, in bytes, is returned as its headers only.")
    static let notifyClasses = Parameter<WordList>(
        "notify_classes", default: "resource, software",
        summary: "Trouble that the postmaster is told of: bounce, 2bounce, delay, policy, protocol, resource, software.")
    static let bounceRecipient = Parameter<String>(
        "bounce_notice_recipient", default: "postmaster", summary: "Who gets copies of non-delivery reports (class bounce).")
    static let doubleBounceRecipient = Parameter<String>(
        "2bounce_notice_recipient", default: "postmaster",
        summary: "Who gets mail that can neither be delivered nor returned (class 2bounce).")
    static let delayRecipient = Parameter<String>(
        "delay_notice_recipient", default: "postmaster", summary: "Who gets copies of delay warnings (class delay).")
    static let delayWarningTime = Parameter<Duration>(
        "delay_warning_time", default: "0h", summary: "After how long a sender is told that the mail is still queued; 0: never."
    )
    static let maximalQueueLifetime = Parameter<Duration>(
        "maximal_queue_lifetime", default: "5d", summary: "How long a message is tried before it is returned.")

    package static let all: [any AnyParameter] = [
        bounceSizeLimit, notifyClasses, bounceRecipient, doubleBounceRecipient, delayRecipient, delayWarningTime,
        maximalQueueLifetime,
    ]
}
