internal import Configuration
internal import Mail
internal import Platform

/// `cidr:file`: networks and addresses, asked in order; cidr_table(5). A key that is no address is not found.
final class NetworkTable: LookupTable {
    let name: String
    let hasFixedKeys = false
    private let rules: [Rule<IPNetwork>]

    private init(name: String, rules: [Rule<IPNetwork>]) {
        self.name = name
        self.rules = rules
    }

    func lookup(_ key: String) throws(LookupError) -> String? {
        guard let address = IPAddress(key) else { return nil }
        return try Rule.first(rules) { (rule) throws(LookupError) in
            // An IPv4 network says nothing of IPv6 addresses, not even when it is negated.
            guard rule.condition.address.isIPv6 == address.isIPv6 else { return nil }
            return rule.condition.contains(address) != rule.negated ? rule.result ?? "" : nil
        }
    }

    static func open(path: String, warn: LookupTables.Warn) throws(ConfigurationError) -> any LookupTable {
        let name = "cidr:\(path)"
        if !path.hasPrefix("{") { OpenedTables.note(name, path: path) }
        switch RuleSource.read(path) {
        case .failure(let reason):
            warn("\(name) is unavailable. \(reason)")
            return UnavailableTable(name: name, reason: reason)
        case .source(let source):
            let rules = Rule.parse(source, warn: warn) { (text) throws(ConfigurationError) in
                let word = text.prefix { !$0.isWhitespace }
                guard let network = IPNetwork(word) else {
                    throw ConfigurationError("\"\(word)\" is no network or address, or has bits behind its prefix")
                }
                return (network, text[word.endIndex...])
            }
            return NetworkTable(name: name, rules: rules)
        }
    }
}
