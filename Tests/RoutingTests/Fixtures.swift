import Mail
import Platform

@testable import Configuration
@testable import LookupTables
@testable import Routing

/// A machine with one address of each family.
struct FakeHost: HostFacts {
    var hostName = "mx.example.com"
    func interfaceAddresses() -> [InterfaceAddress] {
        [
            InterfaceAddress(bytes: [192, 0, 2, 10], prefixLength: 24),
            InterfaceAddress(bytes: [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [0x10], prefixLength: 64),
        ]
    }
    func addresses(ofHost name: String) -> [[UInt8]] { [] }
}

extension Configuration {
    static func with(_ lines: String...) throws(ConfigurationError) -> Configuration {
        let standard =
            "compatibility_level = 3.6\nmydestination = example.com, localhost\nalias_maps =\nlocal_recipient_maps =\n"
        let text = standard + lines.joined(separator: "\n")
        var configuration = Configuration(
            directory: "/conf", settings: try MainFile.parse(Array(text.utf8), file: "main.cf"), host: FakeHost())
        configuration.declare(RoutingParameters.all)
        return configuration
    }
}

func address(_ text: String) -> EmailAddress { EmailAddress(internal: text) }
