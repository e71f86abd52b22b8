internal import Mail

/// The parameters of MAIL and RCPT. A parameter given twice keeps its last value, as in Postfix.
enum ParameterGrammar {
    static func mail(
        _ word: ArraySlice<UInt8>, _ keyword: String, _ value: ArraySlice<UInt8>?, _ parameters: inout MailParameters
    ) throws(SMTPSyntaxError) {
        switch (keyword, value) {
        case ("SIZE", let value?): parameters.size = try size(value)
        case ("BODY", let value?): parameters.body = try body(value, word)
        case ("SMTPUTF8", nil): parameters.smtpUTF8 = true
        case ("RET", let value?):
            // RFC 3461 section 4.3
            switch upper(value) {
            case "FULL": parameters.returnContent = .full
            case "HDRS": parameters.returnContent = .headers
            default: throw refuse("Bad RET parameter syntax")
            }
        case ("ENVID", let value?):
            // RFC 3461 section 4.4: at most 100 characters.
            guard value.count <= 100, let id = XText.decode(value) else { throw refuse("Bad ENVID parameter syntax") }
            parameters.envelopeID = id
        default: throw unsupported(word)
        }
    }

    static func recipient(
        _ word: ArraySlice<UInt8>, _ keyword: String, _ value: ArraySlice<UInt8>?, _ parameters: inout RecipientParameters
    ) throws(SMTPSyntaxError) {
        switch (keyword, value) {
        case ("NOTIFY", let value?):
            guard let notify = notify(value) else { throw refuse("Error: Bad NOTIFY parameter syntax") }
            parameters.notify = notify
        case ("ORCPT", let value?):
            guard let orcpt = originalRecipient(value) else { throw refuse("Error: Bad ORCPT parameter syntax") }
            parameters.orcpt = orcpt
        default: throw unsupported(word)
        }
    }

    /// size-value = 1*20DIGIT, RFC 1870 section 5.
    private static func size(_ value: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> UInt64 {
        guard (1...20).contains(value.count), value.allSatisfy(\.isASCIIDigit) else { throw refuse("Bad message size syntax") }
        // Twenty digits may be more than 64 bits hold: then it is over any limit.
        return UInt64(String(decoding: value, as: UTF8.self)) ?? .max
    }

    private static func body(_ value: ArraySlice<UInt8>, _ word: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> BodyType {
        switch upper(value) {
        case "7BIT": .sevenBit
        case "8BITMIME": .eightBitMIME
        default: throw unsupported(word)
        }
    }

    /// "NEVER" / 1#("SUCCESS" / "FAILURE" / "DELAY"), RFC 3461 section 4.1.
    private static func notify(_ value: ArraySlice<UInt8>) -> NotifyOptions? {
        var options: NotifyOptions = []
        let words = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(upper)
        if words == ["NEVER"] { return [] }
        for word in words {
            switch word {
            case "SUCCESS": options.insert(.success)
            case "FAILURE": options.insert(.failure)
            case "DELAY": options.insert(.delay)
            default: return nil
            }
        }
        return options
    }

    /// addr-type ";" xtext, at most 500 characters, RFC 3461 section 4.2.
    private static func originalRecipient(_ value: ArraySlice<UInt8>) -> OriginalRecipient? {
        guard value.count <= 500, let semicolon = value.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let type = value[..<semicolon]
        guard !type.isEmpty, type.allSatisfy(\.isAtext), let address = XText.decode(value[(semicolon + 1)...]), !address.isEmpty
        else { return nil }
        return OriginalRecipient(type: String(decoding: type, as: UTF8.self), address: address)
    }

    private static func upper(_ word: ArraySlice<UInt8>) -> String {
        String(decoding: word.map { $0 >= 0x61 && $0 <= 0x7a ? $0 - 0x20 : $0 }, as: UTF8.self)
    }

    private static func refuse(_ text: String) -> SMTPSyntaxError {
        SMTPSyntaxError(SMTPReply(501, EnhancedStatus(.permanent, 5, 4), text))
    }

    private static func unsupported(_ word: ArraySlice<UInt8>) -> SMTPSyntaxError {
        SMTPSyntaxError(
            SMTPReply(
                555, EnhancedStatus(.permanent, 5, 4),
                "Unsupported option: " + String(decoding: word.prefix(100), as: UTF8.self)))
    }
}
