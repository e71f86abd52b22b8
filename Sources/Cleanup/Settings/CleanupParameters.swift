package import Configuration
internal import Routing

/// The parameters that cleanup obeys, beside those of every program.
package enum CleanupParameters {
    package static let hopcountLimit = Parameter<Int>(
        "hopcount_limit", default: "50", limits: 1...10_000,
        summary: "A message with so many Received fields goes in circles and is refused.")
    package static let headerSizeLimit = Parameter<Int>(
        "header_size_limit", default: "102400", limits: 1...1_000_000,
        summary: "Longer header fields are cut, in bytes.")
    package static let alwaysBcc = Parameter<String>(
        "always_bcc", default: "", summary: "An address that gets a copy of every message from outside the suite.")
    package static let duplicateFilterLimit = Parameter<Int>(
        "duplicate_filter_limit", default: "1000", limits: 0...10_000_000,
        summary: "How many recipients are remembered to leave out repeated ones; 0: all.")
    package static let enableOriginalRecipient = Parameter<YesNo>(
        "enable_original_recipient", default: "yes",
        summary: "Two recipients are the same only when what the sender wrote was the same too.")
    package static let undisclosedRecipientsHeader = Parameter<String>(
        "undisclosed_recipients_header", default: "",
        summary: "A header line for messages without To and Cc, such as \"To: undisclosed-recipients:;\".")
    package static let alwaysAddMissingHeaders = Parameter<YesNo>(
        "always_add_missing_headers", default: "no",
        summary: "Add Message-Id, Date and From also to mail from outside that has none.")
    package static let inflowDelay = Parameter<Duration>(
        "in_flow_delay", default: "1s", limits: .seconds(0)...(.seconds(10)),
        summary: "How long outside senders are held back at most when mail arrives faster than it can be taken up.")

    private static let own: [any AnyParameter] = [
        hopcountLimit, headerSizeLimit, alwaysBcc, duplicateFilterLimit, enableOriginalRecipient, undisclosedRecipientsHeader,
        alwaysAddMissingHeaders, inflowDelay,
    ]

    package static let all = own + RoutingParameters.all
}
