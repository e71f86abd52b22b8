internal import DaemonKit
internal import LookupTables
internal import Mail
internal import MailLog
internal import Platform
internal import Routing

/// What expansion asks of users' files and the name service.
@EventLoopActor
protocol ExpansionSources: AnyObject {
    func account(named name: String) async throws -> UserAccount?
    func account(numbered user: UInt32) async throws -> UserAccount?
    /// The first of these files that the user has; nil when there is none. Read with the user's rights.
    func forwardFile(_ paths: [String], of account: UserAccount) async throws -> (path: String, text: [UInt8])?
    /// An :include: file, read with these rights, and who owns it.
    func includeFile(_ path: String, _ rights: DeliveryRights) async throws -> (text: [UInt8], owner: UInt32)
}

/// Follows a recipient through aliases, .forward and :include: files to where its mail goes: Postfix's local(8), "SYSTEM-WIDE AND
/// USER-LEVEL ALIASING". Delivers nothing.
///
/// *Failure:* what cannot be said now (a table or the name service fails) is a deferred ``ExpansionResult/status(_:_:)``; then
/// nothing of this recipient is delivered.
@EventLoopActor
final class RecipientExpansion {
    /// Recursions, as in Postfix.
    static let levelLimit = 100
    /// Members over all aliases and files of one recipient.
    static let resultLimit = 100_000

    let settings: LocalSettings
    let sources: any ExpansionSources
    private let deliveredTo: Set<String>
    private var seen: Set<String> = []
    private(set) var results: [ExpansionResult] = []

    /// - Parameter deliveredTo: addresses of Delivered-To fields, folded.
    init(settings: LocalSettings, sources: any ExpansionSources, deliveredTo: Set<String>) {
        self.settings = settings
        self.sources = sources
        self.deliveredTo = deliveredTo
    }

    // MARK: A recipient

    func expand(_ given: ExpansionContext) async {
        var context = given
        context.level += 1
        guard context.level <= Self.levelLimit, results.count < Self.resultLimit else {
            Log.warning("recipient nesting limit exceeded for \(context.recipient)")
            return fail(context, 5, 4, 6, "recipient nesting limit exceeded")
        }
        guard isNew("recipient \(context.level) \(context.recipient.internalForm)") else { return }
        guard !deliveredTo.contains(context.recipient.externalForm.lowercasedASCII) else {
            return fail(context, 5, 4, 6, "mail forwarding loop for \(context.recipient)")
        }
        let names = self.names(of: context.recipient)
        guard !names.user.isEmpty else { return fail(context, 5, 1, 3, "null username in \"\(context.recipient)\"") }
        await branch(names, context)
    }

    private func names(of recipient: EmailAddress) -> RecipientNames {
        let local = recipient.localPart.foldedKey
        var names = RecipientNames(
            local: local, user: local, extension: nil, domain: recipient.domain.lowercasedASCII,
            recipient: recipient.internalForm, delimiter: "", account: nil)
        guard let split = settings.extensions.split(local) else { return names }
        names.user = split.user
        // An extension with a slash could leave the user's directory in forward_path.
        if split.extension.utf8.contains(UInt8(ascii: "/")) {
            Log.warning("address with illegal extension: \(local)")
            names.local = split.user
        } else {
            names.extension = split.extension
            names.delimiter = String(split.unmatched.prefix(1))
        }
        return names
    }

    private func branch(_ names: RecipientNames, _ given: ExpansionContext) async {
        var context = given
        context.unmatched = nil
        if await expandAlias(names.local, names, context) { return }
        if let suffix = names.extension {
            let unmatched = names.delimiter + suffix
            if settings.propagatesExtension.contains(.alias) { context.unmatched = unmatched }
            if await expandAlias(names.user, names, context) { return }
            context.unmatched = unmatched
        }
        // Mail that somebody forwards to another user of this host becomes a message of its own, so that each has its own status.
        if let owner = context.owner, !owner.equalsIgnoringCase(names.user) { return forward(context) }
        if context.origin == .include { return forward(context) }
        await deliverToUser(names, context, forwards: true)
    }

    private func deliverToUser(_ given: RecipientNames, _ context: ExpansionContext, forwards: Bool) async {
        var names = given
        let account: UserAccount?
        do { account = try await sources.account(named: names.user) } catch {
            Log.warning("error looking up passwd info for \(names.user): \(error)")
            return fail(context, 4, 0, 0, "user lookup error")
        }
        guard let account else { return await unknownUser(names, context) }
        names.account = .init(home: account.home, shell: account.shell)
        var candidates = forwards ? forwardCandidates(names, account) : []
        // The recipient itself, without alias: most mail. The deliverer looks for the file when it has the message.
        if !context.origin.isEmpty {
            if await expandForwardFile(candidates, names, account, context) { return }
            candidates = []
        }
        guard isNew("mailbox \(names.local)") else { return }
        results.append(.mailbox(account, names, context, unlessForward: candidates.map(\.text)))
    }

    private func unknownUser(_ names: RecipientNames, _ given: ExpansionContext) async {
        var context = given
        guard isNew("unknown \(names.local)") else { return }
        let unknown = "unknown user: \"\(names.user)\""
        if !settings.luserRelay.isEmpty {
            context.unmatched = nil
            let relay = EmailAddress(internal: names.expand(settings.luserRelay, filter: nil).text)
            guard settings.rewriter.rewrite(relay).folded != context.recipient.folded else {
                return fail(context, 5, 1, 1, unknown)
            }
            return await member(relay, context)
        }
        if names.user == "mailer-daemon" || names.user == "postmaster" {
            Log.warning("required alias not found: \(names.user)")
            results.append(.status(DeliveryStatus(.sent, .delivered, "discarded"), context))
            return
        }
        fail(context, 5, 1, 1, unknown)
    }

    // MARK: An address in an expansion

    /// Completed and resolved: this host's users go on here, others are sent the message.
    func member(_ address: EmailAddress, _ given: ExpansionContext) async {
        var context = given
        let resolution: Resolution
        do throws(LookupError) {
            resolution = try settings.resolver.resolve(recipient: settings.rewriter.rewrite(address), sender: context.sender)
        } catch {
            Log.warning("\(error)")
            return fail(context, 4, 3, 0, "address resolver failure")
        }
        guard resolution.transport != "error" else {
            return fail(context, 5, 1, 3, "bad recipient address syntax: \(resolution.recipient)")
        }
        context.recipient = resolution.recipient
        if let unmatched = context.unmatched { context.recipient.localPart += unmatched }
        if resolution.transport == settings.service { await expand(context) } else { forward(context) }
    }

    func forward(_ context: ExpansionContext) {
        guard isNew("indirect \(context.sender.internalForm) \(context.recipient.internalForm)") else { return }
        results.append(.forward(context.recipient, context))
    }

    /// `\user`
    func mailbox(_ address: EmailAddress, _ given: ExpansionContext) async {
        var context = given
        context.recipient = settings.rewriter.rewrite(address)
        context.unmatched = nil
        await deliverToUser(names(of: context.recipient), context, forwards: false)
    }

    /// Nothing of it has been delivered: it goes on otherwise.
    func takeBack() {
        results = []
        seen = seen.filter { !$0.hasPrefix("mailbox ") }
    }

    func add(_ result: ExpansionResult, once key: String) {
        if isNew(key) { results.append(result) }
    }

    func isNew(_ key: String) -> Bool { seen.insert(key).inserted }

    func fail(_ context: ExpansionContext, _ first: UInt8, _ subject: UInt16, _ detail: UInt16, _ text: String) {
        let code = EnhancedStatus(first == 4 ? .temporary : .permanent, subject, detail)
        results.append(.status(DeliveryStatus(first == 4 ? .deferred : .bounced, code, text), context))
    }
}
