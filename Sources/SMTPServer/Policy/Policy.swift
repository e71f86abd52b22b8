internal import DaemonKit
internal import LookupTables
internal import Mail
internal import MailLog
internal import Routing
internal import SMTPProtocol

/// The rules of main.cf about who may do what. Values only: it is asked, and answers at once.
///
/// Relaying is closed by construction: a configuration whose lists do not contain a restriction that refuses strangers does not
/// start (``RestrictionLists``), and an address is ours only when ``RecipientDirectory`` says so.
@EventLoopActor
struct Policy {
    let directory: RecipientDirectory
    let settings: PolicySettings

    var lists: RestrictionLists { settings.lists }
    var codes: ReplyCodes { settings.codes }

    var allowsUntrustedRouting: Bool { settings.allowsUntrustedRouting }

    // MARK: - What a session asks

    func judgeConnection(_ facts: PolicyFacts) -> PolicyOutcome {
        if settings.delaysReject || lists.client.isEmpty { return .pass }
        return judge(facts, [(lists.client, .client)])
    }

    func judgeGreeting(_ facts: PolicyFacts) -> PolicyOutcome {
        if settings.delaysReject || lists.helo.isEmpty { return .pass }
        return judge(facts, [(lists.helo, .helo)])
    }

    func judgeSender(_ facts: PolicyFacts) -> PolicyOutcome {
        if settings.delaysReject || (lists.sender.isEmpty && !settings.rejectsUnlistedSender) { return .pass }
        return judge(facts, [(lists.sender, .sender)], unlistedSender: settings.rejectsUnlistedSender)
    }

    func judgeRecipient(_ facts: PolicyFacts) -> PolicyOutcome {
        var order: [([Restriction], RestrictionStage)] = []
        if settings.delaysReject { order = [(lists.client, .client), (lists.helo, .helo), (lists.sender, .sender)] }
        let relay = (lists.relay, RestrictionStage.relay)
        let recipient = (lists.recipient, RestrictionStage.recipient)
        order += settings.judgesRelayFirst ? [relay, recipient] : [recipient, relay]
        return judge(
            facts, order, unlistedSender: settings.delaysReject && settings.rejectsUnlistedSender,
            unlistedRecipient: settings.rejectsUnlistedRecipient)
    }

    func judgeData(_ facts: PolicyFacts) -> PolicyOutcome {
        lists.data.isEmpty ? .pass : judge(facts, [(lists.data, .data)])
    }

    func judgeEndOfData(_ facts: PolicyFacts) -> PolicyOutcome {
        lists.endOfData.isEmpty ? .pass : judge(facts, [(lists.endOfData, .endOfData)])
    }

    /// smtpd_forbid_bare_newline; clients in mynetworks are excluded.
    func judgeBareNewline(_ peer: ClientPeer) -> SMTPReply? {
        switch settings.bareNewline {
        case .no, .yes, .normalize: return nil
        case .note:
            Log.info("bare <LF> received from \(peer.text)")
            return nil
        case .reject:
            if (try? isInMyNetworks(peer)) == true { return nil }
            let statusClass: EnhancedStatus.Class = codes.bareNewline < 500 ? .temporary : .permanent
            return SMTPReply(codes.bareNewline, EnhancedStatus(statusClass, 5, 2), "Error: bare <LF> received")
        }
    }

    private func judge(
        _ facts: PolicyFacts, _ order: [([Restriction], RestrictionStage)], unlistedSender: Bool = false,
        unlistedRecipient: Bool = false
    ) -> PolicyOutcome {
        var evaluator = RestrictionEvaluator(policy: self, facts: facts)
        for (list, stage) in order {
            let verdict = evaluator.judge(list, stage)
            if case .refuse = verdict { return evaluator.conclude(verdict) }
            if evaluator.effects?.discard == true { return evaluator.conclude(.permit) }
            guard stage == .sender, unlistedSender else { continue }
            let unlisted = evaluator.judge([.rejectUnlistedSender], .sender)
            if case .refuse = unlisted { return evaluator.conclude(unlisted) }
        }
        return evaluator.conclude(unlistedRecipient ? evaluator.judge([.rejectUnlistedRecipient], .recipient) : .dunno)
    }

    // MARK: - What restrictions ask

    func isInMyNetworks(_ peer: ClientPeer) throws(LookupError) -> Bool {
        guard let address = peer.address else { return false }
        return try settings.myNetworks.matches(name: nil, address: address)
    }

    func isOwnAddress(_ peer: ClientPeer) -> Bool { peer.address.map(settings.ownAddresses.contains) ?? false }

    /// local_header_rewrite_clients
    func rewritesHeaders(of peer: ClientPeer) -> Bool {
        settings.localHeaderClients.contains { client in
            switch client {
            case .inetInterfaces: isOwnAddress(peer)
            case .myNetworks: (try? isInMyNetworks(peer)) ?? false
            }
        }
    }

    /// What an access table says of the session: the object as a refusal names it, and the value.
    func find(
        _ subject: AccessSubject, _ table: TableList, _ facts: PolicyFacts
    ) throws(LookupError) -> (object: String, value: String?)? {
        let parents = settings.parentMatchesSubdomains
        switch subject {
        case .client:
            let object = "<\(facts.peer.text)>"
            if let value = try table.findAccess(host: facts.peer.name, parentMatchesSubdomains: parents) {
                return (object, value)
            }
            guard let address = facts.peer.address else { return nil }
            return (object, try table.findAccess(address: address))
        case .helo:
            guard let helo = facts.helo else { return nil }
            return ("<\(helo)>", try table.findAccess(host: helo, parentMatchesSubdomains: parents))
        case .sender:
            guard let sender = facts.sender else { return nil }
            guard case .address(let address) = sender else { return ("<>", try table.lookup(settings.nullAccessKey)) }
            return (
                "<\(address.externalForm)>",
                try table.findAccess(address: address, directory.extensions, parentMatchesSubdomains: parents)
            )
        case .recipient:
            guard let recipient = facts.recipient else { return nil }
            return (
                "<\(recipient.externalForm)>",
                try table.findAccess(address: recipient, directory.extensions, parentMatchesSubdomains: parents)
            )
        }
    }
}
