internal import DaemonKit
internal import Mail
internal import Wire

/// discard(8): every recipient is delivered to nowhere; the next hop is the text in the log.
///
/// *Failure:* none: it touches nothing.
@EventLoopActor
func discard(_ delivery: Delivery) {
    let status = DeliveryStatus(.sent, EnhancedStatus(.success, 0, 0), delivery.request.nextHop)
    for recipient in delivery.request.recipients { delivery.report(recipient, status, relay: "none") }
    delivery.finish()
}
