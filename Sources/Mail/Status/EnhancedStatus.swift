/// An enhanced mail system status code, RFC 3463: class.subject.detail.
package struct EnhancedStatus: Hashable, Sendable, CustomStringConvertible {
    package enum Class: UInt8, Sendable {
        case success = 2
        case temporary = 4
        case permanent = 5
    }

    package var statusClass: Class
    package var subject: UInt16
    package var detail: UInt16

    package init(_ statusClass: Class, _ subject: UInt16, _ detail: UInt16) {
        self.statusClass = statusClass
        self.subject = subject
        self.detail = detail
    }

    /// Parses `X.Y.Z`; nil when the grammar of RFC 3463 section 2 does not hold.
    package init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy(\.isASCIIDigit) }),
            parts[0].count == 1
        else { return nil }
        let numbers = parts.map { $0.reduce(UInt16(0)) { $0 * 10 + UInt16($1 - UInt8(ascii: "0")) } }
        guard let statusClass = UInt8(exactly: numbers[0]).flatMap(Class.init(rawValue:)) else { return nil }
        self.init(statusClass, numbers[1], numbers[2])
    }

    package var description: String { "\(statusClass.rawValue).\(subject).\(detail)" }

    /// The same subject and detail in another class (soft_bounce, a deferral that became final).
    package func withClass(_ statusClass: Class) -> EnhancedStatus { EnhancedStatus(statusClass, subject, detail) }
}

/// Where a report says that a status came from, RFC 3464 section 2.3.
package struct RemoteDiagnostic: Hashable, Sendable {
    /// `smtp` or `x-unix`, the type of Diagnostic-Code.
    package var type: String
    package var text: String
    /// Remote-MTA: the host's name, or nil when no other host was involved.
    package var host: String?

    package init(type: String, text: String, host: String?) {
        self.type = type
        self.text = text
        self.host = host
    }
}

/// The outcome of one attempt for one recipient.
package struct DeliveryStatus: Hashable, Sendable {
    package enum Outcome: UInt8, Sendable {
        case sent = 1
        case deferred = 2
        case bounced = 3
        /// Relayed to a system that does not report back, or expanded into other recipients: success, RFC 3464 section 2.3.3.
        case relayed = 4
        case expanded = 5
    }
    package var outcome: Outcome
    package var code: EnhancedStatus
    /// One line for the log and the report, without the parentheses.
    package var text: String
    package var diagnostic: RemoteDiagnostic?

    package init(_ outcome: Outcome, _ code: EnhancedStatus, _ text: String, diagnostic: RemoteDiagnostic? = nil) {
        self.outcome = outcome
        self.code = code
        self.text = text
        self.diagnostic = diagnostic
    }
}
