internal import DaemonKit
internal import Mail
internal import Wire

/// error(8): every recipient fails with the next hop as its reason, which may begin with an enhanced status code.
/// As service `retry`, or with a code of class 4, the recipients are deferred.
///
/// *Failure:* none: it touches nothing.
@EventLoopActor
func failDelivery(_ delivery: Delivery, isRetry: Bool) {
    let status = ErrorReason(nextHop: delivery.request.nextHop, isRetry: isRetry).status
    for recipient in delivery.request.recipients { delivery.report(recipient, status, relay: "none") }
    delivery.finish()
}

/// What the next hop of `error:` says.
struct ErrorReason: Equatable {
    var code: EnhancedStatus
    var text: String

    init(nextHop: String, isRetry: Bool) {
        let words = nextHop.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        if let first = words.first, let code = EnhancedStatus(first), code.statusClass != .success {
            self.code = isRetry ? code.withClass(.temporary) : code
            text = words.count > 1 ? String(words[1]) : ""
        } else {
            code = EnhancedStatus(isRetry ? .temporary : .permanent, 0, 0)
            text = nextHop
        }
    }

    var status: DeliveryStatus { DeliveryStatus(code.statusClass == .temporary ? .deferred : .bounced, code, text) }
}
