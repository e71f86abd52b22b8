internal import Configuration

/// Which names there are: built in, those of the services in master.cf, and the administrator's own, which something must refer to.
struct ParameterNames {
    struct Classes: OptionSet {
        let rawValue: Int
        static let builtin = Classes(rawValue: 1)
        static let service = Classes(rawValue: 2)
        static let user = Classes(rawValue: 4)
        static let all: Classes = [.builtin, .service, .user]
    }

    private(set) var known: [String: Classes] = [:]
    /// Names known for one service of master.cf only, by the index of the service.
    private(set) var local: [Int: Set<String>] = [:]
    private(set) var warnings: [String] = []
    private let main: [String: Configuration.Setting]
    private let services: [ServiceWords]
    private let directory: String
    private var restrictionClasses: Set<String> = []

    /// - Parameter main: nil for defaults alone.
    init(main: [String: Configuration.Setting]?, services: [ServiceWords], directory: String, expand: (String) -> String) {
        self.main = main ?? [:]
        self.services = services
        self.directory = directory
        for name in PostfixParameters.names where !PostfixParameters.legacyNames.contains(name) { known[name] = .builtin }
        for name in OwnParameters.names { known[name] = .builtin }
        for name in PostfixParameters.legacyNames where self.main[name] != nil { known[name] = .user }
        for service in services {
            for ending in TransportParameters.endings(ofProgram: service.program) { known[service.name + ending] = .service }
        }
        if main != nil { addOwn(expand) }
    }

    private mutating func addOwn(_ expand: (String) -> String) {
        for index in services.indices { scan(services[index].parameters.map { ($0.name, $0.value) }, service: index, expand) }
        scan(main.sorted { $0.key < $1.key }.map { ($0.key, $0.value.text) }, service: nil, expand)
    }

    private mutating func scan(_ settings: [(String, String)], service: Int?, _ expand: (String) -> String) {
        if let classes = settings.last(where: { $0.0 == "smtpd_restriction_classes" })?.1 {
            for name in BracedWords.split(expand(classes), separators: ", \t\r\n") {
                if service == nil { restrictionClasses.insert(name) }
                refer(to: name, from: service, warns: true)
            }
        }
        for (name, value) in settings {
            if let service, restrictionClasses.contains(name) { local[service, default: []].insert(name) }
            if PostfixParameters.readOnlyNames.contains(name) {
                warnings.append("\(file(service)): read-only parameter assignment: \(name)=\(value)")
                continue
            }
            if PostfixParameters.unexpandedNames.contains(name) { continue }
            for reference in References.names(in: value, warnings: &warnings) {
                refer(to: reference, from: service, warns: true)
            }
            for candidate in TableParameters.names(in: expand(value)) { refer(to: candidate, from: service, warns: false) }
        }
    }

    /// A name that something refers to is known where it is set.
    private mutating func refer(to name: String, from service: Int?, warns: Bool) {
        var isSet = false
        if let service, services[service].parameters.contains(where: { $0.name == name }) {
            local[service, default: []].insert(name)
            isSet = true
        } else if main[name] != nil {
            if known[name] == nil { known[name] = .user }
            isSet = true
        }
        if service == nil {
            for index in services.indices where services[index].parameters.contains(where: { $0.name == name }) {
                local[index, default: []].insert(name)
                isSet = true
            }
        }
        if !isSet, warns, known[name] == nil, !PostfixParameters.legacyNames.contains(name) {
            warnings.append("\(file(service)): undefined parameter: \(name)")
        }
    }

    private func file(_ service: Int?) -> String { directory + (service == nil ? "/main.cf" : "/master.cf") }

    /// Settings that nobody reads.
    var unusedInMain: [String] {
        main.keys.sorted().filter { known[$0] == nil && !PostfixParameters.legacyNames.contains($0) }
            .map { "\(directory)/main.cf: unused parameter: \($0)=\(main[$0]?.text ?? "")" }
    }

    var unusedInMaster: [String] {
        services.enumerated().flatMap { index, service in
            service.parameters.filter { known[$0.name] == nil && local[index]?.contains($0.name) != true }
                .map { "\(directory)/master.cf: unused parameter: \($0.name)=\($0.value)" }
        }
    }
}

/// Parameters that exist for every service that delivers.
enum TransportParameters {
    static func endings(ofProgram program: String) -> [String] {
        switch program {
        case "local", "error", "virtual", "smtp", "lmtp": shared
        case "pipe": shared + ["_time_limit"]
        case "spawn": ["_time_limit"]
        default: []
        }
    }

    private static let shared = [
        "_recipient_limit", "_extra_recipient_limit", "_recipient_refill_limit", "_recipient_refill_delay",
        "_delivery_slot_cost", "_delivery_slot_loan", "_delivery_slot_discount", "_minimum_delivery_slots",
        "_initial_destination_concurrency", "_destination_concurrency_limit", "_destination_recipient_limit",
        "_destination_concurrency_positive_feedback", "_destination_concurrency_negative_feedback",
        "_destination_concurrency_failed_cohort_limit", "_destination_rate_delay", "_transport_rate_delay",
    ]
}

/// Old forms of ldap:, mysql: and the like, whose settings are in main.cf with the table's name in front (`accounts_server_host`).
enum TableParameters {
    static func names(in value: String) -> [String] {
        guard value.utf8.contains(UInt8(ascii: ":")) else { return [] }
        var result: [String] = []
        for word in BracedWords.split(value, separators: ", \t\r\n") {
            if word.hasPrefix("{"), word.utf8.count > 2, let inside = try? BracedWords.inside(word) {
                result += names(in: inside)
                continue
            }
            var parts = word.split(separator: ":", maxSplits: 1).map(String.init)
            while parts.count == 2, parts[0] == "proxy" {
                parts = parts[1].split(separator: ":", maxSplits: 1).map(String.init)
            }
            guard parts.count == 2, let suffixes = suffixes[parts[0]], !parts[1].hasPrefix("/"), !parts[1].hasPrefix(".")
            else { continue }
            result += suffixes.map { parts[1] + "_" + $0 }
        }
        return result
    }

    private static let sql = [
        "dbname", "domain", "expansion_limit", "hosts", "password", "query", "result_format", "select_field", "table", "user",
        "where_field", "additional_conditions", "select_function",
    ]
    private static let suffixes: [String: [String]] = [
        "ldap": [
            "bind", "bind_dn", "bind_pw", "cache", "cache_expiry", "cache_size", "chase_referrals", "debuglevel",
            "dereference", "domain", "expansion_limit", "leaf_result_attribute", "query_filter", "recursion_limit",
            "result_attribute", "result_filter", "result_format", "sasl_authz_id", "sasl_mechs", "sasl_minssf", "sasl_realm",
            "scope", "search_base", "server_host", "server_port", "size_limit", "special_result_attribute", "start_tls",
            "terminal_result_attribute", "timeout", "tls_ca_cert_dir", "tls_ca_cert_file", "tls_cert", "tls_cipher_suite",
            "tls_key", "tls_random_file", "tls_require_cert", "version",
        ],
        "mysql": sql + [
            "charset", "idle_interval", "option_file", "option_group", "require_result_set", "retry_interval",
            "tls_ca_cert_dir", "tls_CAfile", "tls_CApath", "tls_cert_file", "tls_ciphers", "tls_key_file", "tls_verify_cert",
        ],
        "pgsql": sql + ["encoding", "idle_interval", "retry_interval"],
        "sqlite": ["dbpath", "domain", "expansion_limit", "query", "result_format"] + sql,
        "memcache": [
            "backup", "data_size_limit", "domain", "flags", "key_format", "line_size_limit", "max_try", "memcache",
            "retry_pause",
            "timeout", "ttl",
        ],
    ]
}
