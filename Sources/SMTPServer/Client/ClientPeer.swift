internal import Mail

/// The other end of a connection: `name[address]` in each log line.
struct ClientPeer: Equatable, Sendable {
    /// Verified, or `unknown`.
    var name = "unknown"
    /// nil for a client without an Internet address (a socket pair).
    var address: IPAddress?
    var port: UInt16 = 0
    let addressText: String
    /// Postfix's namaddr: `name[address]`, with the port where smtpd_client_port_logging wants it.
    private(set) var text: String

    private let showsPort: Bool

    init(address: IPAddress?, port: UInt16, showsPort: Bool) {
        self.address = address
        self.port = port
        self.showsPort = showsPort
        addressText = address?.description ?? "unknown"
        text = ""
        rename("unknown")
    }

    mutating func rename(_ name: String) {
        self.name = name
        text = "\(name)[\(addressText)]"
        if showsPort { text += ":\(port)" }
    }
}
