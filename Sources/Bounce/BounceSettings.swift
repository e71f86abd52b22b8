internal import Configuration
package import DaemonKit
internal import Mail

/// The values of ``BounceParameters`` and of those that every program has.
package struct BounceSettings: Sendable {
    var hostname: String
    var origin: String
    var mailName: String
    var sizeLimit: UInt64
    var classes: NotifyClasses
    var bounceRecipient: EmailAddress
    var doubleBounceRecipient: EmailAddress
    var delayRecipient: EmailAddress
    /// `double-bounce@$myorigin`
    var doubleBounceSender: EmailAddress
    /// Seconds.
    var delayWarningTime: Int64
    var lifetime: Int64
    var ipcTimeout: Duration

    package init(_ startup: Startup) throws(StartupError) {
        hostname = try startup.value(of: BaseParameters.myhostname)
        let origin = try startup.value(of: BaseParameters.myorigin)
        self.origin = origin
        mailName = try startup.value(of: BaseParameters.mailName)
        sizeLimit = UInt64(try startup.value(of: BounceParameters.bounceSizeLimit))
        guard let classes = NotifyClasses(words: try startup.value(of: BounceParameters.notifyClasses).words) else {
            throw StartupError("notify_classes: one of its words is no class of trouble; see postconf(5)")
        }
        self.classes = classes
        func address(_ parameter: Parameter<String>) throws(StartupError) -> EmailAddress {
            var address = EmailAddress(internal: try startup.value(of: parameter))
            if address.domain.isEmpty { address.domain = origin }
            return address
        }
        bounceRecipient = try address(BounceParameters.bounceRecipient)
        doubleBounceRecipient = try address(BounceParameters.doubleBounceRecipient)
        delayRecipient = try address(BounceParameters.delayRecipient)
        doubleBounceSender = try address(BaseParameters.doubleBounceSender)
        delayWarningTime = try startup.value(of: BounceParameters.delayWarningTime).components.seconds
        lifetime = try startup.value(of: BounceParameters.maximalQueueLifetime).components.seconds
        ipcTimeout = try startup.value(of: BaseParameters.ipcTimeout)
    }
}

/// notify_classes, as far as this program acts on them.
struct NotifyClasses: OptionSet, Sendable {
    let rawValue: UInt8
    static let bounce = NotifyClasses(rawValue: 1)
    static let doubleBounce = NotifyClasses(rawValue: 2)
    static let delay = NotifyClasses(rawValue: 4)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// nil when a word is none of Postfix's.
    init?(words: [String]) {
        self = []
        for word in words {
            switch word.lowercasedASCII {
            case "bounce": insert(.bounce)
            case "2bounce": insert(.doubleBounce)
            case "delay": insert(.delay)
            case "policy", "protocol", "resource", "software", "data": break
            default: return nil
            }
        }
    }
}
