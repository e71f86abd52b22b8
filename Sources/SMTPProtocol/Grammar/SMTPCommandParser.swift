internal import Mail

/// Reads one command line. The verb is known even when its arguments are wrong, so that it can be counted.
package struct SMTPCommandLine: Sendable {
    package let verb: SMTPVerb
    private let bytes: [UInt8]
    private let argumentStart: Int

    /// - Parameter line: without its end.
    package init(_ line: [UInt8]) {
        bytes = line
        var cursor = ByteCursor(line)
        cursor.skipSpace()
        verb = SMTPVerb(cursor.takeWord())
        argumentStart = cursor.index
    }

    /// The line as text for the log, shortened.
    package var excerpt: String { String(decoding: bytes.prefix(100), as: UTF8.self) }

    /// Whether nothing but white space is there.
    package var isBlank: Bool { bytes.allSatisfy { $0 == .space || $0 == 0x09 } }

    package func parse() throws(SMTPSyntaxError) -> SMTPCommand {
        guard !bytes.contains(where: \.isForbiddenControl) else {
            throw SMTPSyntaxError(SMTPReply(500, EnhancedStatus(.permanent, 5, 2), "Error: bad syntax"))
        }
        var cursor = ByteCursor(bytes, from: argumentStart)
        switch verb {
        case .helo: return .helo(try greeting(cursor, "HELO"))
        case .ehlo: return .ehlo(try greeting(cursor, "EHLO"))
        case .mail: return try mail(&cursor)
        case .rcpt: return try recipient(&cursor)
        case .data: return try withoutArguments(cursor, .data, "DATA")
        case .rset: return try withoutArguments(cursor, .rset, "RSET")
        case .quit: return .quit
        case .noop: return .noop
        case .help: return .help
        case .vrfy: return .vrfy(try verified(cursor))
        case .unknown: return .unknown(try text(bytes[..<argumentStart]))
        }
    }

    private func greeting(_ cursor: ByteCursor, _ verb: String) throws(SMTPSyntaxError) -> String {
        let name = try text(cursor.rest)
        guard !name.isEmpty else { throw SMTPSyntaxError(SMTPReply(501, nil, "Syntax: \(verb) hostname")) }
        return name
    }

    private func verified(_ cursor: ByteCursor) throws(SMTPSyntaxError) -> String {
        let address = try text(cursor.rest)
        guard !address.isEmpty else { throw syntax("Syntax: VRFY address") }
        return address
    }

    private func withoutArguments(
        _ cursor: ByteCursor, _ command: SMTPCommand, _ verb: String
    ) throws(SMTPSyntaxError) -> SMTPCommand {
        guard cursor.rest.isEmpty else { throw syntax("Syntax: \(verb)") }
        return command
    }

    /// "MAIL FROM:" Reverse-path [SP Mail-parameters]
    private func mail(_ cursor: inout ByteCursor) throws(SMTPSyntaxError) -> SMTPCommand {
        cursor.skipSpace()
        guard cursor.takeKeyword("FROM:".utf8) else { throw syntax("Syntax: MAIL FROM:<address>") }
        let pathStart = cursor
        guard !cursor.rest.isEmpty else { throw syntax("Syntax: MAIL FROM:<address>") }
        guard let address = SMTPPath.read(&cursor) else {
            throw SMTPSyntaxError(
                SMTPReply(501, EnhancedStatus(.permanent, 1, 7), "Bad sender address syntax"), address: try text(pathStart.rest)
            )
        }
        var parameters = MailParameters()
        try eachParameter(&cursor) { (word, keyword, value) throws(SMTPSyntaxError) in
            try ParameterGrammar.mail(word, keyword, value, &parameters)
        }
        return .mail(address.isEmpty ? .null : .address(address), parameters)
    }

    /// "RCPT TO:" Forward-path [SP Rcpt-parameters]
    private func recipient(_ cursor: inout ByteCursor) throws(SMTPSyntaxError) -> SMTPCommand {
        cursor.skipSpace()
        guard cursor.takeKeyword("TO:".utf8) else { throw syntax("Syntax: RCPT TO:<address>") }
        let pathStart = cursor
        guard !cursor.rest.isEmpty else { throw syntax("Syntax: RCPT TO:<address>") }
        guard let address = SMTPPath.read(&cursor), !address.isEmpty else {
            throw SMTPSyntaxError(
                SMTPReply(501, EnhancedStatus(.permanent, 1, 3), "Bad recipient address syntax"),
                address: try text(pathStart.rest))
        }
        var parameters = RecipientParameters()
        try eachParameter(&cursor) { (word, keyword, value) throws(SMTPSyntaxError) in
            try ParameterGrammar.recipient(word, keyword, value, &parameters)
        }
        return .rcpt(address, parameters)
    }

    private func eachParameter(
        _ cursor: inout ByteCursor, _ body: (ArraySlice<UInt8>, String, ArraySlice<UInt8>?) throws(SMTPSyntaxError) -> Void
    ) throws(SMTPSyntaxError) {
        cursor.skipSpace()
        while !cursor.isAtEnd {
            let word = cursor.takeWord()
            let equals = word.firstIndex(of: UInt8(ascii: "="))
            let keyword = word[..<(equals ?? word.endIndex)].map { $0 >= 0x61 && $0 <= 0x7a ? $0 - 0x20 : $0 }
            try body(word, String(decoding: keyword, as: UTF8.self), equals.map { word[($0 + 1)...] })
            cursor.skipSpace()
        }
    }

    private func text(_ slice: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw SMTPSyntaxError(SMTPReply(500, EnhancedStatus(.permanent, 5, 2), "Error: bad UTF-8 syntax"))
        }
        return text
    }

    private func syntax(_ text: String) -> SMTPSyntaxError {
        SMTPSyntaxError(SMTPReply(501, EnhancedStatus(.permanent, 5, 4), text))
    }
}
