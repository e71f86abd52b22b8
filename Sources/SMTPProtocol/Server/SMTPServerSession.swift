package import Mail

/// The order of an SMTP session on the server's side, RFC 5321 section 4.1.4, with Postfix's limits.
///
/// One command in, one ``Action`` out; no I/O, no clock, no logging. Where policy has a word, the action is ``Action/check(_:)`` and
/// the session waits for ``allow()`` or ``refuse(_:)``; after ``Action/receiveContent(_:)`` it waits for ``contentEnded(_:)``.
/// *Failure:* the client's faults are replies; a call out of turn is ours, and traps.
package struct SMTPServerSession: ~Copyable {
    package enum Action: Equatable, Sendable {
        case reply(SMTPReply)
        case check(Check)
        /// Send this; what the client sends next is content.
        case receiveContent(SMTPReply)
        /// Send this and close the connection.
        case close(SMTPReply)
    }

    /// What policy is asked about.
    package enum Check: Equatable, Sendable {
        case greeting(String, isExtended: Bool)
        case sender(ReversePath, MailParameters)
        case recipient(EmailAddress, RecipientParameters)
        case data
    }

    private enum State {
        case idle
        case transaction(MailTransaction)
        case deciding(Check, MailTransaction?)
        case content(MailTransaction)
        case closed
    }

    private struct Greeting {
        var name: String
        var isExtended: Bool
    }

    private let limits: SMTPServerLimits
    private var state = State.idle
    private var greeting: Greeting?
    private var verb = SMTPVerb.unknown
    private var errors = 0
    private var junk = 0
    package private(set) var counts = CommandCounts()
    /// The last command as `lost connection after` names it.
    package private(set) var lastCommand = "CONNECT"
    /// What the last command had in the place of an address, when that was no address.
    package private(set) var illegalAddress: String?

    package init(limits: SMTPServerLimits) { self.limits = limits }

    /// What the client called itself, nil before HELO or EHLO.
    package var clientName: String? { greeting?.name }
    package var isExtended: Bool { greeting?.isExtended ?? false }

    /// The transaction in progress, also while its content comes or a decision is awaited.
    package var transaction: MailTransaction? {
        switch state {
        case .transaction(let transaction), .content(let transaction): transaction
        case .deciding(_, let transaction): transaction
        case .idle, .closed: nil
        }
    }

    package var isInTransaction: Bool {
        switch state {
        case .transaction, .content: true
        case .deciding(let check, let transaction):
            if case .sender = check { true } else { transaction != nil }
        case .idle, .closed: false
        }
    }

    /// Whether replies should be delayed (smtpd_error_sleep_time).
    package var isSlowedDown: Bool { errors >= limits.softErrors }

    /// Set when the last reply is to be followed by this one and the end of the connection.
    package var endOfPatience: SMTPReply? { errors >= limits.hardErrors ? .tooManyErrors(limits.hostname) : nil }

    /// Whether the client may have sent more behind the command that was received last: it spoke EHLO, and the command is none
    /// that RFC 2920 section 3.1 wants at the end of a group.
    package var mayPipeline: Bool {
        switch verb {
        case .ehlo, .data, .vrfy, .noop, .quit, .help: false
        case .helo, .mail, .rcpt, .rset, .unknown: isExtended
        }
    }

    // MARK: - What comes in

    /// A command line without its end.
    package mutating func receive(_ line: [UInt8]) -> Action {
        let command = SMTPCommandLine(line)
        begin(command.verb)
        if command.isBlank { return fail(.badSyntax) }
        do throws(SMTPSyntaxError) {
            return perform(try command.parse(), line: command)
        } catch {
            illegalAddress = error.address
            return fail(error.reply)
        }
    }

    /// A line over the limit came instead of a command.
    package mutating func receiveOverlong() -> Action {
        begin(.unknown)
        return fail(.lineTooLong)
    }

    private mutating func begin(_ verb: SMTPVerb) {
        switch state {
        case .idle, .transaction: break
        case .deciding, .content, .closed: preconditionFailure("a command while the session waits or is over")
        }
        self.verb = verb
        illegalAddress = nil
        lastCommand = verb.name.uppercased()
        counts.count(verb)
    }

    private mutating func perform(_ command: SMTPCommand, line: SMTPCommandLine) -> Action {
        switch command {
        case .helo(let name): return greet(name, isExtended: false)
        case .ehlo(let name): return greet(name, isExtended: true)
        case .mail(let sender, let parameters): return mail(sender, parameters)
        case .rcpt(let address, let parameters): return recipient(address, parameters)
        case .data: return data()
        case .rset:
            state = .idle
            return junk(.ok)
        case .noop: return junk(.ok)
        case .help: return junk(.commands)
        case .vrfy(let address): return verify(address)
        case .quit:
            counts.success(verb)
            state = .closed
            return .close(.bye)
        case .unknown(let word):
            guard limits.isForbidden(word) else { return fail(.unknownCommand) }
            state = .closed
            return .close(.notSMTP)
        }
    }

    // MARK: - Answers

    /// Policy has nothing against what it was asked about.
    package mutating func allow() -> Action {
        guard case .deciding(let check, let transaction) = take() else { preconditionFailure("nothing was asked") }
        switch (check, transaction) {
        case (.greeting(let name, let isExtended), _):
            greeting = Greeting(name: name, isExtended: isExtended)
            state = .idle
            return junk(SMTPReply(250, nil, lines: isExtended ? limits.greeting : [limits.hostname]))
        case (.sender(let sender, let parameters), _):
            state = .transaction(MailTransaction(sender: sender, parameters: parameters))
            return succeed(.senderOK)
        case (.recipient(let address, let parameters), var transaction?):
            var recipient = EnvelopeRecipient(address)
            recipient.notify = parameters.notify
            recipient.orcpt = parameters.orcpt
            transaction.recipients.append(recipient)
            state = .transaction(transaction)
            return succeed(.recipientOK)
        case (.data, let transaction?):
            state = .content(transaction)
            return .receiveContent(.startContent)
        case (.recipient, nil), (.data, nil): preconditionFailure("a recipient without a transaction")
        }
    }

    /// Policy refuses. 421 and 521 end the session.
    package mutating func refuse(_ reply: SMTPReply) -> Action {
        guard case .deciding(_, let transaction) = take() else { preconditionFailure("nothing was asked") }
        if let transaction { state = .transaction(transaction) } else { state = .idle }
        return fail(reply)
    }

    /// The content is over, and this became of the message. The transaction is over in any case.
    package mutating func contentEnded(_ reply: SMTPReply) -> Action {
        guard case .content = take() else { preconditionFailure("no content was expected") }
        state = .idle
        lastCommand = "END-OF-MESSAGE"
        guard reply.isPositiveCompletion else { return fail(reply) }
        errors = 0
        junk = 0
        return succeed(reply)
    }

    /// The connection is to end for a reason of the server's (time-out, shutdown).
    package mutating func end() { state = .closed }

    // MARK: - Commands

    private mutating func greet(_ name: String, isExtended: Bool) -> Action {
        // A greeting ends what was in progress, also when it is refused: RFC 5321 section 4.1.4.
        greeting = nil
        state = .deciding(.greeting(name, isExtended: isExtended), nil)
        return .check(.greeting(name, isExtended: isExtended))
    }

    private mutating func mail(_ sender: ReversePath, _ parameters: MailParameters) -> Action {
        if limits.requiresGreeting, greeting == nil { return fail(.needGreeting) }
        guard case .idle = state else { return fail(.nestedMail) }
        if parameters.smtpUTF8, !limits.acceptsSMTPUTF8 || limits.isDiscarded("SMTPUTF8") {
            return fail(.unsupported("SMTPUTF8"))
        }
        if let refusal = refusal(of: sender.internalForm, declared: parameters.smtpUTF8) { return fail(refusal) }
        if limits.messageSize > 0, let size = parameters.size, size > limits.messageSize { return fail(.sizeExceeded) }
        let check = Check.sender(sender, parameters)
        state = .deciding(check, nil)
        return .check(check)
    }

    private mutating func recipient(_ address: EmailAddress, _ parameters: RecipientParameters) -> Action {
        guard case .transaction(var transaction) = take(orKeep: .idle) else { return fail(.needMail) }
        if transaction.recipients.count >= limits.recipients {
            transaction.overshoot += 1
            let isError = transaction.overshoot > limits.recipientOvershoot
            state = .transaction(transaction)
            return isError ? fail(.tooManyRecipients) : .reply(.tooManyRecipients)
        }
        if let refusal = refusal(of: address.internalForm, declared: transaction.parameters.smtpUTF8) {
            state = .transaction(transaction)
            return fail(refusal)
        }
        let check = Check.recipient(address, parameters)
        state = .deciding(check, transaction)
        return .check(check)
    }

    private mutating func data() -> Action {
        guard case .transaction(let transaction) = take(orKeep: .idle) else { return fail(.needRecipient) }
        guard !transaction.recipients.isEmpty else {
            state = .transaction(transaction)
            return fail(.noValidRecipients)
        }
        state = .deciding(.data, transaction)
        return .check(.data)
    }

    /// Never tells whether the mailbox exists, RFC 5321 section 7.3.
    private mutating func verify(_ address: String) -> Action {
        if limits.disablesVerify { return fail(.verifyDisabled) }
        return junk(SMTPReply(252, EnhancedStatus(.success, 0, 0), String(address.prefix(200))))
    }

    private func refusal(of address: String, declared: Bool) -> SMTPReply? {
        guard limits.demandsSMTPUTF8Declaration, !declared, address.utf8.contains(where: { $0 >= 0x80 }) else { return nil }
        return .mustDeclareSMTPUTF8
    }

    // MARK: - Counting

    private mutating func succeed(_ reply: SMTPReply) -> Action {
        counts.success(verb)
        return .reply(reply)
    }

    /// A command that brings no mail: too many of them are errors.
    private mutating func junk(_ reply: SMTPReply) -> Action {
        junk += 1
        if junk > limits.junkCommands { errors += 1 }
        return succeed(reply)
    }

    private mutating func fail(_ reply: SMTPReply) -> Action {
        errors += 1
        guard reply.code == 421 || reply.code == 521 else { return .reply(reply) }
        state = .closed
        return .close(reply)
    }

    /// Takes the state out, so that what it holds has one owner; a new one must be set.
    private mutating func take(orKeep replacement: State = .closed) -> State {
        var next = replacement
        swap(&state, &next)
        return next
    }
}
