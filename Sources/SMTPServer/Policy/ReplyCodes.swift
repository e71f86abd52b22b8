internal import Configuration

/// The reply codes that main.cf may change.
struct ReplyCodes: Sendable {
    var reject: UInt16 = 554
    var deferred: UInt16 = 450
    var accessMap: UInt16 = 554
    var relay: UInt16 = 554
    var invalidHostname: UInt16 = 501
    var nonFQDN: UInt16 = 504
    var bareNewline: UInt16 = 550

    init() {}

    init(_ configuration: Configuration) throws(ConfigurationError) {
        func code(_ parameter: Parameter<Int>) throws(ConfigurationError) -> UInt16 {
            UInt16(clamping: try configuration.value(of: parameter))
        }
        reject = try code(SMTPServerParameters.rejectCode)
        deferred = try code(SMTPServerParameters.deferCode)
        accessMap = try code(SMTPServerParameters.accessMapCode)
        relay = try code(SMTPServerParameters.relayCode)
        invalidHostname = try code(SMTPServerParameters.invalidHostnameCode)
        nonFQDN = try code(SMTPServerParameters.nonFQDNCode)
        bareNewline = try code(SMTPServerParameters.bareNewlineCode)
    }
}
