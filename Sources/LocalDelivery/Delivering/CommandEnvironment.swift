internal import Mail
internal import Wire

/// The environment of a `|command`, local(8), "EXTERNAL COMMAND DELIVERY".
enum CommandEnvironment {
    static func entries(_ names: RecipientNames, _ context: ExpansionContext, _ request: DeliveryRequest) -> [String] {
        let client = request.envelope.client
        var values: [(String, String?)] = [
            ("LOGNAME", names.user), ("USER", names.user), ("SENDER", context.sender.internalForm),
            ("RECIPIENT", context.recipient.internalForm), ("LOCAL", names.local), ("DOMAIN", names.domain),
            ("EXTENSION", names.extension), ("ENVID", request.envelope.envelopeID),
            ("CLIENT_HOSTNAME", client.name), ("CLIENT_ADDRESS", client.address), ("CLIENT_HELO", client.helo),
            ("CLIENT_PROTOCOL", client.transmissionProtocol), ("SASL_METHOD", request.envelope.sasl?.method),
            ("SASL_SENDER", request.envelope.sasl?.sender), ("SASL_USERNAME", request.envelope.sasl?.username),
        ]
        if case .account(_, _, let home, let shell) = context.rights {
            values += [("HOME", home), ("SHELL", shell)]
        }
        return values.compactMap { name, value in
            guard let value, !value.isEmpty || name == "SENDER" else { return nil }
            return name + "=" + censored(value)
        }
    }

    /// Default of command_expansion_filter: what a shell could take for more than a word becomes `_`.
    private static func censored(_ text: String) -> String {
        String(
            decoding: text.utf8.map { RecipientNames.safeCharacters.contains($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    }
}
