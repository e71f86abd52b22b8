package import Mail

/// Where one recipient goes, as resolved.
package struct Assignment: Hashable, Sendable {
    package var ordinal: UInt32
    package var transport: String
    package var nextHop: String
    /// Concurrency is counted by this name: the next hop, or `user@nexthop` where a delivery takes one recipient.
    package var queueName: String

    package init(ordinal: UInt32, transport: String, nextHop: String, queueName: String) {
        self.ordinal = ordinal
        self.transport = transport
        self.nextHop = nextHop
        self.queueName = queueName
    }
}

/// What ``Scheduler/next(now:)`` says is to be done now.
package enum Decision: Hashable, Sendable {
    case deliver(Delivery)
    /// Defer these recipients unseen: their destination or transport is known to be unusable.
    case suspend(Suspension)
}

package struct Delivery: Hashable, Sendable {
    /// Unique in the life of the scheduler.
    package var number: UInt64
    package var message: UInt64
    package var transport: String
    package var nextHop: String
    package var recipients: [UInt32]
}

package struct Suspension: Hashable, Sendable {
    package var message: UInt64
    package var recipients: [UInt32]
    package var status: DeliveryStatus
}

/// What became of a delivery, as far as its destination is concerned.
package enum DeliveryOutcome: Hashable, Sendable {
    /// The destination answered, whatever it said of the recipients.
    case completed
    /// The destination is unusable for everybody.
    case siteFailure(DeliveryStatus)
    /// The transport is unusable for every destination.
    case transportFailure(DeliveryStatus)
    /// The connection to the agent broke: says nothing about the destination.
    case unknown
}
