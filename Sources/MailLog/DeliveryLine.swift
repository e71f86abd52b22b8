package import Mail

/// The line that every delivery agent logs for every recipient:
/// `ID: to=<R>, orig_to=<O>, relay=RELAY, conn_use=n, delay=D, delays=a/b/c/d, dsn=x.y.z, status=STATUS (TEXT)`.
package struct DeliveryLine: Sendable {
    /// Microseconds since 1970 at which the message came, qmgr took it up, qmgr handed it out, the connection stood (nil: none
    /// was made), and the delivery ended.
    package struct Instants: Sendable {
        package var arrival: Int64
        package var activated: Int64
        package var dispatched: Int64
        package var connected: Int64?
        package var finished: Int64
        package init(arrival: Int64, activated: Int64, dispatched: Int64, connected: Int64?, finished: Int64) {
            self.arrival = arrival
            self.activated = activated
            self.dispatched = dispatched
            self.connected = connected
            self.finished = finished
        }
    }

    package var queueID: QueueID
    package var recipient: EnvelopeRecipient
    package var relay: String
    /// How often the connection has been used, logged from 2 on.
    package var connectionUse = 1
    package var instants: Instants
    package var status: DeliveryStatus

    package init(queueID: QueueID, recipient: EnvelopeRecipient, relay: String, instants: Instants, status: DeliveryStatus) {
        self.queueID = queueID
        self.recipient = recipient
        self.relay = relay
        self.instants = instants
        self.status = status
    }

    package var text: String {
        var text = ""
        text.reserveCapacity(256)
        text += queueID.description
        text += ": to=<"
        text += recipient.address.externalForm
        text += ">"
        if let original = recipient.original, !original.folded.equalsIgnoringCase(recipient.address.folded) {
            text += ", orig_to=<"
            text += original.externalForm
            text += ">"
        }
        text += ", relay="
        text += relay
        if connectionUse > 1 {
            text += ", conn_use="
            text += String(connectionUse)
        }
        appendDelays(to: &text)
        text += ", dsn="
        text += status.code.description
        text += ", status="
        text += Self.word(status.outcome)
        text += " ("
        text += status.text
        text += ")"
        return text
    }

    private func appendDelays(to text: inout String) {
        let connected = instants.connected ?? instants.dispatched
        text += ", delay="
        DelayText.append(instants.finished - instants.arrival, to: &text)
        text += ", delays="
        DelayText.append(instants.activated - instants.arrival, to: &text)
        text += "/"
        DelayText.append(instants.dispatched - instants.activated, to: &text)
        text += "/"
        DelayText.append(connected - instants.dispatched, to: &text)
        text += "/"
        DelayText.append(instants.finished - connected, to: &text)
    }

    /// What `status=` says.
    static func word(_ outcome: DeliveryStatus.Outcome) -> String {
        switch outcome {
        case .sent, .relayed, .expanded: "sent"
        case .deferred: "deferred"
        case .bounced: "bounced"
        }
    }
}
