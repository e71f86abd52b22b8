internal import DaemonKit
internal import LookupTables
internal import Mail
internal import MailLog
internal import Routing
internal import SMTPProtocol

/// Judges one command by restriction lists, in order: the first that says yes or no ends its list.
///
/// *Failure:* a table that cannot answer gives 451: neither yes nor no. `DEFER_IF_PERMIT` and `DEFER_IF_REJECT` take effect when all
/// lists have been judged (``conclude(_:)``).
@EventLoopActor
struct RestrictionEvaluator {
    enum Verdict: Equatable {
        case permit
        case dunno
        case refuse(SMTPReply)
    }

    /// How deep access tables may name restrictions that name access tables.
    private static let maximumDepth = 10

    let policy: Policy
    let facts: PolicyFacts
    var notes: [PolicyNote] = []
    var effects: AccessEffects?
    private var deferIfPermit: SMTPReply?
    private var deferIfReject: SMTPReply?
    private var unlistedChecked = false

    init(policy: Policy, facts: PolicyFacts) {
        self.policy = policy
        self.facts = facts
    }

    mutating func judge(_ list: [Restriction], _ stage: RestrictionStage, depth: Int = 0) -> Verdict {
        for restriction in list {
            let verdict = judge(restriction, stage, depth)
            if verdict != .dunno { return verdict }
        }
        return .dunno
    }

    /// The last word over all lists.
    mutating func conclude(_ verdict: Verdict) -> PolicyOutcome {
        var outcome = PolicyOutcome(refusal: nil, notes: notes, effects: effects)
        switch verdict {
        case .refuse(let reply): outcome.refusal = deferIfReject ?? reply
        case .permit, .dunno: outcome.refusal = deferIfPermit
        }
        if let refusal = outcome.refusal { outcome.notes.append(PolicyNote("reject", refusal.description)) }
        return outcome
    }

    // MARK: - One restriction

    private mutating func judge(_ restriction: Restriction, _ stage: RestrictionStage, _ depth: Int) -> Verdict {
        do throws(LookupError) {
            return try weigh(restriction, stage, depth)
        } catch {
            Log.warning(error.description)
            return .refuse(Self.lookupFailure(object(of: stage)))
        }
    }

    private mutating func weigh(
        _ restriction: Restriction, _ stage: RestrictionStage, _ depth: Int
    ) throws(LookupError) -> Verdict {
        switch restriction {
        case .permit: return .permit
        case .reject: return refuse(policy.codes.reject, 7, 1, stage, "Access denied")
        case .deferred: return refuse(policy.codes.deferred, 3, 2, stage, "Try again later")
        case .permitMyNetworks: return try policy.isInMyNetworks(facts.peer) ? .permit : .dunno
        case .permitInetInterfaces: return policy.isOwnAddress(facts.peer) ? .permit : .dunno
        case .permitSASLAuthenticated: return .dunno
        case .permitAuthDestination: return try isAuthorizedDestination() ? .permit : .dunno
        case .rejectUnauthDestination: return try relay(policy.codes.relay)
        case .deferUnauthDestination: return try relay(policy.codes.relay % 100 + 400)
        case .rejectNonFQDNSender, .rejectNonFQDNRecipient, .rejectNonFQDNHelo, .rejectInvalidHelo:
            return syntax(restriction, stage)
        case .rejectUnauthPipelining:
            return facts.improperPipelining
                ? refuse(503, 5, 0, stage, "Improper use of SMTP command pipelining") : .dunno
        case .rejectUnlistedRecipient: return try unlistedRecipient()
        case .rejectUnlistedSender: return try unlistedSender()
        case .deferIfPermit:
            deferIfPermit = deferIfPermit ?? Self.reply(450, nil, 3, 2, object(of: stage), stage.subject, "Try again later")
            return .dunno
        case .deferIfReject:
            deferIfReject = deferIfReject ?? Self.reply(450, nil, 3, 2, object(of: stage), stage.subject, "Try again later")
            return .dunno
        case .access(let subject, let table): return try access(subject, table, stage, depth)
        case .warnIfReject(let inner):
            let verdict = judge(inner, stage, depth)
            guard case .refuse(let reply) = verdict else { return verdict }
            notes.append(PolicyNote("reject_warning", reply.description))
            return .dunno
        }
    }

    // MARK: - Relaying

    private func isAuthorizedDestination() throws(LookupError) -> Bool {
        guard let recipient = facts.recipient else { return false }
        if AddressResolver.isRouted(recipient), !policy.allowsUntrustedRouting { return false }
        return try policy.directory.addressClass(of: recipient) != .other
    }

    private func relay(_ code: UInt16) throws(LookupError) -> Verdict {
        guard let recipient = facts.recipient else { return .dunno }
        if try isAuthorizedDestination() { return .dunno }
        let status = EnhancedStatus(code < 500 ? .temporary : .permanent, 7, 1)
        return .refuse(SMTPReply(code, status, "<\(recipient.externalForm)>: Relay access denied"))
    }

    // MARK: - Syntax

    private func syntax(_ restriction: Restriction, _ stage: RestrictionStage) -> Verdict {
        switch restriction {
        case .rejectNonFQDNSender:
            guard case .address(let sender) = facts.sender, !Self.isFullyQualified(sender) else { return .dunno }
            return refuse(policy.codes.nonFQDN, 5, 2, "<\(sender.externalForm)>", .sender, "need fully-qualified address")
        case .rejectNonFQDNRecipient:
            // RFC 5321 section 4.5.1: postmaster needs no domain.
            guard let recipient = facts.recipient, !Self.isFullyQualified(recipient),
                !(recipient.domain.isEmpty && recipient.localPart.equalsIgnoringCase("postmaster"))
            else { return .dunno }
            return refuse(policy.codes.nonFQDN, 5, 2, "<\(recipient.externalForm)>", .recipient, "need fully-qualified address")
        case .rejectNonFQDNHelo:
            guard let helo = facts.helo, !HostNameSyntax.isFullyQualified(helo), !HostNameSyntax.isAddressLiteral(helo) else {
                return .dunno
            }
            return refuse(policy.codes.nonFQDN, 5, 2, "<\(helo)>", .helo, "need fully-qualified hostname")
        case .rejectInvalidHelo:
            guard let helo = facts.helo, !HostNameSyntax.isValid(helo), !HostNameSyntax.isAddressLiteral(helo),
                IPAddress(helo) == nil
            else { return .dunno }
            return refuse(policy.codes.invalidHostname, 5, 2, "<\(helo)>", .helo, "Invalid name")
        default: preconditionFailure("not a question of syntax")
        }
    }

    private static func isFullyQualified(_ address: EmailAddress) -> Bool {
        HostNameSyntax.isFullyQualified(address.domain) || HostNameSyntax.isAddressLiteral(address.domain)
    }

    // MARK: - Existence

    /// Once for each recipient, wherever in the lists it stands.
    mutating func unlistedRecipient() throws(LookupError) -> Verdict {
        guard let recipient = facts.recipient, !unlistedChecked else { return .dunno }
        unlistedChecked = true
        return try unlisted(recipient, .recipient)
    }

    mutating func unlistedSender() throws(LookupError) -> Verdict {
        guard case .address(let sender) = facts.sender else { return .dunno }
        return try unlisted(sender, .sender)
    }

    private func unlisted(
        _ address: EmailAddress, _ stage: RestrictionStage
    ) throws(LookupError) -> Verdict {
        guard case .unknown(let code, let status, let text) = try policy.directory.existence(of: address) else { return .dunno }
        // An unknown sender is 5.1.0, RFC 3463 section 3.2: other address status.
        let detail = stage == .sender ? 0 : status.detail
        return refuse(code, status.subject, detail, "<\(address.externalForm)>", stage, text)
    }

    // MARK: - Access tables

    private mutating func access(
        _ subject: AccessSubject, _ table: TableList, _ stage: RestrictionStage, _ depth: Int
    ) throws(LookupError) -> Verdict {
        guard let (object, value) = try policy.find(subject, table, facts), let value else { return .dunno }
        guard let action = AccessAction(value) else {
            Log.warning("access table \(table.tables.first?.name ?? ""): no action: \(value.prefix(100))")
            return .refuse(
                SMTPReply(
                    451, EnhancedStatus(.temporary, 3, 5), "\(object): \(stage.subject) rejected: Server configuration error"))
        }
        return apply(action, object, subject.stage, stage, depth)
    }

    private mutating func apply(
        _ action: AccessAction, _ object: String, _ subject: RestrictionStage, _ stage: RestrictionStage, _ depth: Int
    ) -> Verdict {
        func denial(_ code: UInt16, _ status: EnhancedStatus?, _ text: String) -> SMTPReply {
            Self.reply(code, status, 7, 1, object, subject.subject, text.isEmpty ? "Access denied" : text)
        }
        func note(_ action: String, _ text: String) {
            notes.append(PolicyNote(action, "\(object): \(subject.subject) \(text.isEmpty ? "triggers \(action)" : text)"))
        }
        var change = AccessEffects()
        switch action {
        case .ok: return .permit
        case .dunno: return .dunno
        case .reject(let code, let status, let text): return .refuse(denial(code ?? policy.codes.accessMap, status, text))
        case .deferred(let status, let text): return .refuse(denial(policy.codes.deferred, status, text))
        case .deferIfPermit(let status, let text):
            deferIfPermit = deferIfPermit ?? denial(450, status, text)
            return .dunno
        case .deferIfReject(let status, let text):
            deferIfReject = deferIfReject ?? denial(450, status, text)
            return .dunno
        case .warn(let text): note("warn", text)
        case .info(let text): note("info", text)
        case .hold(let text):
            change.hold = true
            note("hold", text)
        case .discard(let text):
            change.discard = true
            note("discard", text)
        case .filter(let filter):
            change.filter = filter
            note("filter", "triggers FILTER \(filter)")
        case .redirect(let address):
            change.redirect = address
            note("redirect", "triggers REDIRECT \(address.externalForm)")
        case .prepend(let header):
            change.prepended = Array((header + "\r\n").utf8)
            note("prepend", "triggers PREPEND \(header)")
        case .restrictions(let words):
            guard depth < Self.maximumDepth else { return .refuse(Self.lookupFailure(object)) }
            return judge(words.compactMap { RestrictionParser.simple[$0] }, stage, depth: depth + 1)
        }
        if change != AccessEffects() {
            var all = effects ?? AccessEffects()
            all.add(change)
            effects = all
        }
        // DISCARD ends the judgement: nobody will see the message.
        return change.discard ? .permit : .dunno
    }

    // MARK: - Replies

    /// What a list is about: the thing that a refusal names.
    private func object(of stage: RestrictionStage) -> String {
        switch stage {
        case .client: "<\(facts.peer.text)>"
        case .helo: "<\(facts.helo ?? "")>"
        case .sender: "<\(facts.sender?.externalForm ?? "")>"
        case .relay, .recipient: "<\(facts.recipient?.externalForm ?? "")>"
        case .data: "<DATA>"
        case .endOfData: "<END-OF-MESSAGE>"
        }
    }

    private func refuse(
        _ code: UInt16, _ subject: UInt16, _ detail: UInt16, _ stage: RestrictionStage, _ reason: String
    ) -> Verdict {
        refuse(code, subject, detail, object(of: stage), stage, reason)
    }

    private func refuse(
        _ code: UInt16, _ subject: UInt16, _ detail: UInt16, _ object: String, _ stage: RestrictionStage, _ reason: String
    ) -> Verdict {
        .refuse(Self.reply(code, nil, subject, detail, object, stage.subject, reason))
    }

    private static func reply(
        _ code: UInt16, _ status: EnhancedStatus?, _ subject: UInt16, _ detail: UInt16, _ object: String, _ subjectText: String,
        _ reason: String
    ) -> SMTPReply {
        let statusClass: EnhancedStatus.Class = code < 500 ? .temporary : .permanent
        let status = status?.withClass(statusClass) ?? EnhancedStatus(statusClass, subject, detail)
        return SMTPReply(code, status, "\(object): \(subjectText) rejected: \(reason)")
    }

    private static func lookupFailure(_ object: String) -> SMTPReply {
        SMTPReply(451, EnhancedStatus(.temporary, 3, 0), "\(object): Temporary lookup failure")
    }
}

extension AccessSubject {
    var stage: RestrictionStage {
        switch self {
        case .client: .client
        case .helo: .helo
        case .sender: .sender
        case .recipient: .recipient
        }
    }
}
