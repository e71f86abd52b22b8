internal import DaemonKit
internal import Mail
internal import MailLog
internal import NIOCore
internal import Platform
internal import SMTPProtocol

/// From a command to its reply, by the way of policy.
extension ClientSession {
    func obey(_ line: [UInt8]) {
        let action = machine.receive(line)
        if let address = machine.illegalAddress {
            Log.warning("Illegal address syntax from \(peer.text) in \(machine.lastCommand) command: \(address)")
        }
        notePipelining()
        perform(action, line: line)
    }

    func perform(_ action: SMTPServerSession.Action, line: [UInt8] = []) {
        switch action {
        case .reply(let reply): send(reply)
        case .check(let check): decide(check)
        case .receiveContent(let reply):
            beginContent()
            send(reply)
        case .close(let reply):
            if machine.lastCommand == "UNKNOWN" {
                Log.warning("non-SMTP command from \(peer.text): \(String(decoding: line.prefix(100), as: UTF8.self))")
            }
            close(saying: reply)
        }
        if !machine.isInTransaction { mail = nil }
    }

    /// Asks policy, tells the machine, and goes on with what it says.
    private func decide(_ check: SMTPServerSession.Check) {
        var facts = PolicyFacts(peer: peer, helo: machine.clientName, isExtended: machine.isExtended)
        facts.sender = machine.transaction?.sender
        facts.improperPipelining = improperPipelining
        let outcome: PolicyOutcome
        switch check {
        case .greeting(let name, let isExtended):
            facts.helo = name
            facts.isExtended = isExtended
            outcome = server.policy.judgeGreeting(facts)
        case .sender(let sender, _):
            facts.sender = sender
            mail = MailContext(arrival: server.time.wall)
            outcome = server.policy.judgeSender(facts)
        case .recipient(let address, _):
            facts.recipient = address
            outcome = server.policy.judgeRecipient(facts)
        case .data:
            outcome = server.policy.judgeData(facts)
        }
        apply(outcome, facts, stage: machine.lastCommand)
        if let refusal = outcome.refusal { return perform(machine.refuse(refusal)) }
        if case .recipient = check { identify() }
        perform(machine.allow())
    }

    /// Logs what policy has to say, and keeps what it wants done with the message.
    func apply(_ outcome: PolicyOutcome, _ facts: PolicyFacts, stage: String) {
        for note in outcome.notes { Log.info(facts.logLine(note, stage: stage, queueID: mail?.queueID)) }
        if let effects = outcome.effects { mail?.effects.add(effects) }
    }

    /// smtpd_client_restrictions where they are not delayed.
    func judgeConnection() -> SMTPReply? {
        let facts = PolicyFacts(peer: peer, helo: nil, isExtended: false)
        let outcome = server.policy.judgeConnection(facts)
        apply(outcome, facts, stage: "CONNECT")
        return outcome.refusal
    }

    /// The first accepted recipient gives the message its name.
    private func identify() {
        guard mail != nil, mail?.queueID == nil else { return }
        let id = server.nextQueueID()
        mail?.queueID = id
        Log.info(id.description + ": client=" + peer.text)
    }

    /// A command must not be followed by more until it is answered, unless RFC 2920 allows it. Logged once, and known to
    /// reject_unauth_pipelining.
    private func notePipelining() {
        guard !improperPipelining, !machine.mayPipeline, let pending = pendingInput else { return }
        improperPipelining = true
        var text = ""
        for octet in pending.prefix(100) {
            switch octet {
            case 13: text += "\\r"
            case 10: text += "\\n"
            case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(octet))
            default: text += "?"
            }
        }
        Log.info("improper command pipelining after \(machine.lastCommand) from \(peer.text): \(text)")
    }
}
