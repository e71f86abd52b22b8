/// What the lists of restrictions come to: an open relay, and words that can never matter.
package struct RestrictionReview {
    package let findings: [Finding]

    private static let lists = [
        "smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_relay_restrictions",
        "smtpd_recipient_restrictions", "smtpd_data_restrictions", "smtpd_end_of_data_restrictions", "smtpd_etrn_restrictions",
    ]
    /// Nothing behind them is looked at.
    private static let final: Set = ["permit", "reject", "defer"]
    private static let guards: Set = [
        "reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit",
    ]

    package init(_ configuration: Configuration, services: [ServiceEntry]) {
        var findings: [Finding] = []
        findings += Self.unreachable(configuration)
        for service in services where service.program == "smtpd" {
            var own = configuration
            for override in service.overrides {
                own.override(override.name, Configuration.Setting(override.value, file: service.file, line: service.line))
                guard Self.lists.contains(override.name) else { continue }
                findings += Self.unreachable(own, in: [override.name])
            }
            if let finding = Self.openRelay(own, service) { findings.append(finding) }
        }
        findings += Self.networks(configuration)
        self.findings = findings
    }

    private static func words(_ name: String, _ configuration: Configuration) -> [String] {
        // Where smtpd's own default is stricter than Postfix's, it is smtpd's that holds.
        let standard = configuration.settings[name] == nil ? OwnParameters.defaultText(name) : nil
        guard let text = try? standard ?? configuration.text(of: name) else { return [] }
        return WordList.parse(text)?.words ?? []
    }

    private static func unreachable(_ configuration: Configuration, in names: [String] = lists) -> [Finding] {
        names.compactMap { name -> Finding? in
            guard let setting = configuration.settings[name] else { return nil }
            let words = words(name, configuration)
            guard let index = words.firstIndex(where: { final.contains($0) }), index + 1 < words.count,
                // `reject` may have a text of its own behind it: then it is an action in a table, not here.
                words[(index + 1)...].contains(where: { $0 != words[index] })
            else { return nil }
            let rest = words[(index + 1)...].joined(separator: ", ")
            return Finding(
                .warns, "\(name): nothing behind \"\(words[index])\" is looked at: \(rest); move it to the front or remove it",
                file: setting.file, line: setting.line)
        }
    }

    /// Whether a stranger's mail for a stranger's domain is refused by one of the two lists that are asked about it.
    private static func openRelay(_ configuration: Configuration, _ service: ServiceEntry) -> Finding? {
        let lists = ["smtpd_relay_restrictions", "smtpd_recipient_restrictions"]
        let isGuarded = lists.contains { name in
            let words = words(name, configuration)
            let reached = words.prefix { $0 != "permit" }
            return reached.contains(where: { guards.contains($0) })
        }
        guard !isGuarded else { return nil }
        let setting = configuration.settings[lists[0]] ?? configuration.settings[lists[1]]
        return Finding(
            .stops,
            "service \(service.name): everybody could relay mail through this host: neither \(lists[0]) nor \(lists[1]) refuses "
                + "foreign domains; add reject_unauth_destination",
            file: setting?.file ?? service.file, line: setting?.line ?? service.line)
    }

    /// mynetworks that are half the Internet.
    private static func networks(_ configuration: Configuration) -> [Finding] {
        guard let setting = configuration.settings["mynetworks"] else { return [] }
        return words("mynetworks", configuration).compactMap { word -> Finding? in
            guard !word.hasPrefix("!"), let slash = word.lastIndex(of: "/"), let bits = Int(word[word.index(after: slash)...]),
                bits < (word.contains(":") ? 16 : 8)
            else { return nil }
            return Finding(
                .stops, "mynetworks: \(word) lets strangers relay mail through this host; list your own networks only",
                file: setting.file, line: setting.line)
        }
    }
}
