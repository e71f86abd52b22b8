package import Mail

/// Where one recipient's mail goes next.
package struct Resolution: Equatable, Sendable {
    /// A service of master.cf: `smtp`, `local`, `error`, …
    package var transport: String
    /// A domain, `[host]`, `[host]:port`; with `error` and `discard` the text of the result, which may begin with a status.
    package var nextHop: String
    /// Rewritten: complete, in internal form.
    package var recipient: EmailAddress
    package var addressClass: AddressClass

    package init(transport: String, nextHop: String, recipient: EmailAddress, addressClass: AddressClass) {
        self.transport = transport
        self.nextHop = nextHop
        self.recipient = recipient
        self.addressClass = addressClass
    }
}
