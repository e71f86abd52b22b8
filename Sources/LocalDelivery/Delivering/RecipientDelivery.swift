internal import DaemonKit
internal import Mail
internal import MailLog
internal import Platform
internal import Spool
internal import Wire

/// Delivers to one recipient: expands it, writes to mailboxes, files and commands, forwards the rest, and reports once.
///
/// *Failure:* while any part is deferred nothing is forwarded and the whole recipient is deferred; what was written meanwhile is
/// remembered (``PartialDeliveries``). A part that fails for good is reported as the recipient's failure.
@EventLoopActor
struct RecipientDelivery {
    let settings: LocalSettings
    let sources: any ExpansionSources
    let deliverers: DelivererPool
    let forwarding: Forwarding
    let content: MessageContent
    let delivery: Delivery
    let recipient: RequestedRecipient
    let time: any TimeSource

    private var request: DeliveryRequest { delivery.request }

    /// A part's outcome, and whom the log names for it.
    private struct Part {
        var address: EmailAddress
        var status: DeliveryStatus
    }

    func run(_ partial: PartialDeliveries) async {
        let expansion = RecipientExpansion(settings: settings, sources: sources, deliveredTo: content.deliveredTo)
        await expansion.expand(ExpansionContext(recipient: recipient.recipient.address, sender: request.envelope.sender))
        let key = PartialDeliveries.Key(location: request.location, ordinal: recipient.ordinal)
        if request.envelope.trace.contains(.verifyOnly) || request.envelope.trace.contains(.probe) {
            return report(expansion.results.map { Part(address: $0.context.recipient, status: wouldBe($0)) })
        }
        let early = await deliverAtOnce(expansion, key, partial)
        if let early { return report([early]) }
        var parts = statuses(expansion.results)
        if !parts.contains(where: { $0.status.outcome == .deferred }) {
            var done: Set<String> = []
            for result in expansion.results {
                guard let work = await write(result, key, partial) else { continue }
                parts.append(Part(address: result.context.recipient, status: work.status))
                if work.status.outcome == .sent { done.insert(work.target) }
            }
            let isDeferred = parts.contains { $0.status.outcome == .deferred }
            if isDeferred { partial.remember(done, key) } else { parts += await forward(expansion.results, parts) }
        }
        if !parts.contains(where: { $0.status.outcome == .deferred }) { partial.forget(key) }
        report(parts)
    }

    /// The recipient's own mailbox and nothing else: the deliverer looks for a .forward file when it has the message in hand.
    /// nil when there is more to do, or such a file.
    private func deliverAtOnce(
        _ expansion: RecipientExpansion, _ key: PartialDeliveries.Key, _ partial: PartialDeliveries
    ) async -> Part? {
        guard expansion.results.count == 1,
            case .mailbox(let account, let names, let context, let paths) = expansion.results[0],
            !paths.isEmpty
        else { return nil }
        let (status, forward) = await write(mailbox(account, names, context), context, unlessForward: paths)
        guard let forward else {
            if status.outcome != .deferred { partial.forget(key) }
            return Part(address: context.recipient, status: status)
        }
        await expansion.forwardWasFound((status.text, forward), insteadOf: expansion.results[0])
        return nil
    }

    // MARK: Parts

    private func statuses(_ results: [ExpansionResult]) -> [Part] {
        results.compactMap { result in
            guard case .status(let status, let context) = result else { return nil }
            return Part(address: context.recipient, status: status)
        }
    }

    /// nil for what is no writing.
    private func write(
        _ result: ExpansionResult, _ key: PartialDeliveries.Key, _ partial: PartialDeliveries
    ) async -> (target: String, status: DeliveryStatus)? {
        let target: LocalTarget
        switch result {
        case .mailbox(let account, let names, let context, _): target = mailbox(account, names, context)
        case .file(let path, let context): target = file(path, context)
        case .command(let command, let names, let context): target = self.command(command, names, context)
        case .forward, .status: return nil
        }
        let name = "\(target.identity.user) \(target.description)"
        if partial.contains(name, key) { return (name, DeliveryStatus(.sent, .delivered, "delivered before")) }
        return (name, await write(target, result.context).status)
    }

    private func write(
        _ target: LocalTarget, _ context: ExpansionContext, unlessForward paths: [String] = []
    ) async -> (status: DeliveryStatus, forward: [UInt8]?) {
        let headers = PrependedHeaders(
            sender: context.sender,
            original: settings.addsOriginalRecipient ? recipient.recipient.original ?? recipient.recipient.address : nil,
            delivered: settings.deliveredHeader.contains(target.isCommand ? .command : .file)
                ? recipient.recipient.address : nil)
        var work = MailboxWork(
            target: target.target, prepended: headers.bytes(mailboxLineAt: target.hasMailboxLine ? time.wall : nil),
            sizeLimit: target.hasSizeLimit ? settings.mailboxSizeLimit : 0, queueID: request.envelope.queueID)
        work.unlessForward = paths
        do {
            let result = try await deliverers.perform(work, try content.mailboxForm(), as: target.identity)
            if let remark = result.remark { Log.warning(remark) }
            var status = result.status
            if status.outcome != .sent { status.text = target.failurePrefix + status.text }
            return (status, result.forward)
        } catch {
            let text = (error as? DelivererFailure)?.text ?? "\(error)"
            return (DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), text), nil)
        }
    }

    private func forward(_ results: [ExpansionResult], _ parts: [Part]) async -> [Part] {
        let groups = Forwarding.groups(results)
        // The recipient's failure must still be told, so the child cannot complete it.
        let hasFailed = parts.contains { $0.status.outcome == .bounced }
        var sent: [Part] = []
        for (index, group) in groups.enumerated() {
            let status = await forwarding.send(
                group, content, of: recipient, in: request, completes: !hasFailed && index == groups.count - 1)
            sent.append(Part(address: recipient.recipient.address, status: status))
            if status.outcome == .deferred { break }
        }
        return sent
    }

    // MARK: Targets

    private func mailbox(_ account: UserAccount, _ names: RecipientNames, _ context: ExpansionContext) -> LocalTarget {
        let own = DelivererIdentity(user: account.user, group: account.group)
        if !settings.mailboxCommand.isEmpty {
            var context = context
            context.rights = DeliveryRights(account)
            return command(settings.mailboxCommand, names, context)
        }
        if !settings.homeMailbox.isEmpty {
            return LocalTarget(mailbox: account.home + "/" + settings.homeMailbox, of: names.user, own)
        }
        if settings.mailSpoolDirectory.hasSuffix("/") {
            return LocalTarget(mailbox: settings.mailSpoolDirectory + names.user + "/", of: names.user, own)
        }
        return LocalTarget(
            mailbox: settings.mailSpoolDirectory + "/" + names.user, of: names.user,
            DelivererIdentity(user: account.user, group: settings.spoolGroup ?? account.group))
    }

    private func file(_ path: String, _ context: ExpansionContext) -> LocalTarget {
        LocalTarget(file: path, identity(context.rights))
    }

    private func command(_ command: String, _ names: RecipientNames, _ context: ExpansionContext) -> LocalTarget {
        LocalTarget(
            command: command, environment: CommandEnvironment.entries(names, context, request), identity(context.rights))
    }

    /// Root's own rights are never used for files and commands.
    private func identity(_ rights: DeliveryRights) -> DelivererIdentity {
        if case .account(let user, let group, _, _) = rights, user != 0 { return DelivererIdentity(user: user, group: group) }
        return DelivererIdentity(user: settings.defaultAccount.user, group: settings.defaultAccount.group)
    }

    // MARK: The report

    /// `sendmail -bv`: what would be done.
    private func wouldBe(_ result: ExpansionResult) -> DeliveryStatus {
        switch result {
        case .mailbox: DeliveryStatus(.sent, .delivered, "delivers to mailbox")
        case .file(let path, _): DeliveryStatus(.sent, .delivered, "delivers to file: \(path)")
        case .command(let command, _, _): DeliveryStatus(.sent, .delivered, "delivers to command: \(command)")
        case .forward(let address, _): DeliveryStatus(.sent, .delivered, "forwards to \(address)")
        case .status(let status, _): status
        }
    }

    /// Logs every part; the recipient's status is the worst of them.
    private func report(_ parts: [Part]) {
        let worst =
            parts.first { $0.status.outcome == .deferred } ?? parts.first { $0.status.outcome == .bounced } ?? parts.last
        guard let worst else {
            return delivery.report(recipient, DeliveryStatus(.expanded, .delivered, "alias expanded"), relay: settings.service)
        }
        for part in parts {
            Log.info(
                DeliveryLine(
                    queueID: request.envelope.queueID, recipient: logged(part.address), relay: settings.service,
                    instants: .init(
                        arrival: request.envelope.arrival, activated: request.activated, dispatched: request.dispatched,
                        connected: nil, finished: time.wall),
                    status: part.status
                ).text)
        }
        delivery.report(recipient.ordinal, worst.status)
    }

    private func logged(_ address: EmailAddress) -> EnvelopeRecipient {
        var shown = recipient.recipient
        if address != shown.address {
            shown.original = shown.original ?? shown.address
            shown.address = address
        }
        return shown
    }
}
