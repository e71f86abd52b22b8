/// A value out of a few words. The raw value is the word in main.cf.
package protocol ParameterChoice: ParameterValue, RawRepresentable, CaseIterable where RawValue == String {}

extension ParameterChoice {
    package static var typeName: String { "choice of " + allCases.map(\.rawValue).joined(separator: ", ") }
    package static func parse(_ text: String) -> Self? { Self(rawValue: String(text.trimmed).lowercased()) }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// mynetworks_style
package enum MyNetworksStyle: String, ParameterChoice {
    case host
    case subnet
    case networkClass = "class"
}

/// inet_protocols: `all`, `ipv4`, `ipv6`, or both words.
package struct InternetProtocols: ParameterValue, OptionSet {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let ipv4 = InternetProtocols(rawValue: 1)
    package static let ipv6 = InternetProtocols(rawValue: 2)

    package static var typeName: String { "list of ipv4, ipv6, all" }
    package static func parse(_ text: String) -> InternetProtocols? {
        guard let words = WordList.parse(text)?.words, !words.isEmpty else { return nil }
        var result: InternetProtocols = []
        for word in words {
            switch word.lowercased() {
            case "all": result.formUnion([.ipv4, .ipv6])
            case "ipv4": result.insert(.ipv4)
            case "ipv6": result.insert(.ipv6)
            default: return nil
            }
        }
        return result
    }
    package static func < (left: InternetProtocols, right: InternetProtocols) -> Bool { left.rawValue < right.rawValue }

    /// Whether addresses of 4 or 16 bytes may be used.
    package func allows(byteCount: Int) -> Bool { contains(byteCount == 4 ? .ipv4 : .ipv6) }
}

/// martlet_sandbox: what confines a program beside its user.
package struct Sandbox: ParameterValue, OptionSet {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let landlock = Sandbox(rawValue: 1)
    package static let seccomp = Sandbox(rawValue: 2)

    package static var typeName: String { "list of landlock, seccomp, none" }
    package static func parse(_ text: String) -> Sandbox? {
        guard let words = WordList.parse(text)?.words, !words.isEmpty else { return nil }
        var result: Sandbox = []
        for word in words {
            switch word.lowercased() {
            case "landlock": result.insert(.landlock)
            case "seccomp": result.insert(.seccomp)
            case "none": guard words.count == 1 else { return nil }
            default: return nil
            }
        }
        return result
    }
    package static func < (left: Sandbox, right: Sandbox) -> Bool { left.rawValue < right.rawValue }
}

/// martlet_sandbox_violation
package enum SandboxViolation: String, ParameterChoice {
    /// The call fails with EPERM, and the kernel's log says so: a new C library is no outage.
    case deny
    /// The program ends by SIGSYS: for tests.
    case kill
}
