package import Configuration
package import Mail

/// Completes addresses to `user@domain`: what Postfix's trivial-rewrite does. Pure, after its settings are read.
package struct AddressRewriter: Sendable {
    private let local: Domains
    private let remote: Domains
    private let swapsBangpaths: Bool
    private let promotesPercent: Bool

    /// What is appended: nil leaves an address as it is.
    private struct Domains: Sendable {
        var origin: String?
        var domain: String?
    }

    package init(_ configuration: Configuration) throws(ConfigurationError) {
        let appendsOrigin = try configuration.value(of: RoutingParameters.appendAtMyorigin).isYes
        let appendsDomain = try configuration.value(of: RoutingParameters.appendDotMydomain).isYes
        let outside = try configuration.value(of: RoutingParameters.remoteHeaderRewriteDomain)
        let origin = try configuration.value(of: BaseParameters.myorigin)
        let domain = try configuration.value(of: BaseParameters.mydomain)
        local = Domains(
            origin: appendsOrigin && !origin.isEmpty ? origin : nil, domain: appendsDomain && !domain.isEmpty ? domain : nil)
        remote = Domains(
            origin: appendsOrigin && !outside.isEmpty ? outside : nil, domain: appendsDomain && !outside.isEmpty ? outside : nil
        )
        swapsBangpaths = try configuration.value(of: RoutingParameters.swapBangpath).isYes
        promotesPercent = try configuration.value(of: RoutingParameters.allowPercentHack).isYes
    }

    /// Whether headers of this context are rewritten at all (not those from outside, without remote_header_rewrite_domain).
    package func rewritesHeaders(_ context: RewriteContext) -> Bool { context == .local || remote.origin != nil }

    /// Envelopes are always rewritten in the local context, headers in that of the client.
    package func rewrite(_ address: EmailAddress, _ context: RewriteContext = .local) -> EmailAddress {
        let domains = context == .local ? local : remote
        var address = address
        if address.domain.isEmpty {
            if address.localPart.isEmpty { return address }
            complete(&address, domains)
        }
        if let domain = domains.domain, !address.domain.isEmpty, !address.domain.utf8.contains(UInt8(ascii: ".")),
            address.domain.utf8.first != UInt8(ascii: "[")
        {
            address.domain += "." + domain
        }
        address.stripTrailingDot()
        return address
    }

    package func rewrite(_ sender: ReversePath) -> ReversePath {
        switch sender {
        case .null: .null
        case .address(let address): .address(rewrite(address))
        }
    }

    /// The forms without `@`. What needs quotes as a local part is no route.
    private func complete(_ address: inout EmailAddress, _ domains: Domains) {
        let text = address.localPart
        if !address.externalForm.hasPrefix("\"") {
            if swapsBangpaths, let bang = text.utf8.firstIndex(of: UInt8(ascii: "!")) {
                let user = String(text[text.utf8.index(after: bang)...])
                address = EmailAddress(localPart: user, domain: String(text[..<bang]))
                return
            }
            if promotesPercent, let percent = text.utf8.lastIndex(of: UInt8(ascii: "%")) {
                let domain = String(text[text.utf8.index(after: percent)...])
                address = EmailAddress(localPart: String(text[..<percent]), domain: domain)
                return
            }
        }
        if let origin = domains.origin { address.domain = origin }
    }
}

extension EmailAddress {
    /// `example.com.` is `example.com`; `example.com..` stays, to be refused as what it is.
    mutating func stripTrailingDot() {
        guard domain.utf8.last == UInt8(ascii: "."), domain.utf8.count > 1, !domain.hasSuffix("..") else { return }
        domain.removeLast()
    }
}
