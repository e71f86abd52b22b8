internal import DaemonKit
internal import LookupTables
internal import Mail
internal import MailLog
internal import Platform
internal import Routing

/// Aliases, .forward files and :include: files, and what stands in them.
extension RecipientExpansion {
    // MARK: Aliases

    /// False when there is no such alias.
    func expandAlias(_ name: String, _ names: RecipientNames, _ given: ExpansionContext) async -> Bool {
        var context = given
        context.level += 1
        // An alias that includes its own name: deliver to the user instead.
        if let from = context.expandedFrom, from.equalsIgnoringCase(name) { return false }
        let alias: AliasTables.Alias?
        let owner: AliasTables.Alias?
        do throws(LookupError) {
            alias = try settings.aliases.lookup(name)
            owner = alias != nil && settings.ownerIsSpecial ? try settings.aliases.lookup("owner-" + name) : nil
        } catch {
            Log.warning("\(error)")
            fail(context, 4, 3, 0, "alias database unavailable")
            return true
        }
        guard let alias else { return false }
        guard context.level <= Self.levelLimit else {
            Log.warning("alias database loop for \(name)")
            fail(context, 5, 4, 6, "alias database loop for \(name)")
            return true
        }
        guard let rights = await rights(of: alias, context) else { return true }
        context.rights = rights
        context.expandedFrom = name
        context.origin = .alias
        if let owner {
            let address = settings.rewriter.rewrite(
                EmailAddress(internal: settings.expandsOwnerAlias ? owner.text : "owner-" + name))
            context.sender = .address(address)
            context.owner = address.internalForm
            context.isList = true
        } else if settings.resetsOwner {
            context.owner = nil
        }
        let members = AliasMember.parse(Array(alias.text.utf8))
        if members.isEmpty {
            Log.warning("no recipient in alias lookup result for \(name)")
            fail(context, 4, 3, 0, "alias database unavailable")
        }
        for one in members { await follow(one, names, context) }
        return true
    }

    /// nil when they cannot be told; that has been reported then.
    private func rights(of alias: AliasTables.Alias, _ context: ExpansionContext) async -> DeliveryRights? {
        switch alias.owner {
        case .trusted: return .standard
        case .unknown:
            Log.warning("no owner UID for alias database \(alias.table)")
            fail(context, 4, 3, 0, "mail system configuration error")
            return nil
        case .user(let user):
            if let account = try? await sources.account(numbered: user) { return DeliveryRights(account) }
            Log.warning("cannot find alias database owner for \(alias.table)")
            fail(context, 4, 3, 0, "cannot find alias database owner")
            return nil
        }
    }

    // MARK: .forward files

    /// forward_path for this user. Without root nobody else's file can be read, and the mail will be deferred for that reason.
    func forwardCandidates(_ names: RecipientNames, _ account: UserAccount) -> [RecipientNames.Expanded] {
        guard settings.identity.isRoot || account.user == settings.identity.user else { return [] }
        return settings.forwardPath.map { names.expand($0) }.filter { !$0.isUndefined && $0.text.hasPrefix("/") }
    }

    /// False when the user does not forward.
    func expandForwardFile(
        _ candidates: [RecipientNames.Expanded], _ names: RecipientNames, _ account: UserAccount, _ context: ExpansionContext
    ) async -> Bool {
        guard !candidates.isEmpty else { return false }
        do {
            guard let found = try await sources.forwardFile(candidates.map(\.text), of: account) else { return false }
            return await expandForwardFile(found, names, account, context)
        } catch {
            Log.warning("\(error)")
            fail(context, 4, 3, 0, "cannot read the forwarding file of \(account.name)")
            return true
        }
    }

    /// The deliverer has found a forwarding file where the mailbox was meant.
    func forwardWasFound(_ found: (path: String, text: [UInt8]), insteadOf mailbox: ExpansionResult) async {
        guard case .mailbox(let account, let names, let context, _) = mailbox else { return }
        takeBack()
        if await expandForwardFile(found, names, account, context) { return }
        add(.mailbox(account, names, context), once: "mailbox \(names.local)")
    }

    private func expandForwardFile(
        _ found: (path: String, text: [UInt8]), _ names: RecipientNames, _ account: UserAccount, _ given: ExpansionContext
    ) async -> Bool {
        var context = given
        context.level += 1
        // A user who is in the own .forward file: the mailbox.
        guard isNew("forward \(found.path)") else { return false }
        let members = AliasMember.parse(file: found.text)
        guard !members.isEmpty else { return false }
        let hasExtension = forwardCandidates(names, account).first { $0.text == found.path }?.hasExtension ?? false
        if hasExtension || !settings.propagatesExtension.contains(.forward) { context.unmatched = nil }
        context.rights = DeliveryRights(account)
        context.origin = .forward
        context.owner = names.user
        context.expandedFrom = names.local
        for one in members { await follow(one, names, context) }
        return true
    }

    // MARK: Members

    private func follow(_ member: AliasMember, _ names: RecipientNames, _ context: ExpansionContext) async {
        switch member {
        case .address(let address): await self.member(address, context)
        case .mailbox(let address): await mailbox(address, context)
        case .include(let path): await expandInclude(path, names, context)
        case .file(let path):
            guard settings.fileOrigins.contains(context.origin) else {
                return fail(context, 5, 7, 1, "mail to file is restricted")
            }
            guard let whole = absolute(path, context) else {
                return fail(context, 5, 3, 5, "mail system configuration error")
            }
            add(.file(whole, context), once: "file \(context.rights) \(whole)")
        case .command(let command):
            guard settings.commandOrigins.contains(context.origin) else {
                return fail(context, 5, 7, 1, "mail to command is restricted")
            }
            add(.command(command, names, context), once: "command \(names.user):\(context.rights) \(command)")
        }
    }

    /// `~/path` in a user's own file.
    private func absolute(_ path: String, _ context: ExpansionContext) -> String? {
        guard path.hasPrefix("~") else { return path }
        guard path.hasPrefix("~/"), case .account(_, _, let home, _) = context.rights else {
            Log.warning("bad home directory syntax for: \(path)")
            return nil
        }
        return (home == "/" ? "" : home) + path.dropFirst()
    }

    private func expandInclude(_ path: String, _ names: RecipientNames, _ given: ExpansionContext) async {
        var context = given
        context.level += 1
        guard context.level <= Self.levelLimit else {
            Log.warning(":include: nesting limit exceeded for \(path)")
            return fail(context, 5, 4, 6, ":include: nesting limit exceeded")
        }
        guard isNew("include \(context.rights) \(path)") else { return }
        guard path.hasPrefix("/") else {
            Log.warning(":include:\(path) uses a relative path")
            return fail(context, 5, 3, 5, "mail system configuration error")
        }
        do {
            let file = try await sources.includeFile(path, context.rights)
            // Whoever can write a file that root's alias includes must not act with the rights of default_privs.
            if context.rights == .standard, file.owner != 0 {
                guard let account = try await sources.account(numbered: file.owner) else {
                    Log.warning("\(path): cannot find :include: file owner username")
                    return fail(context, 4, 3, 5, "mail system configuration error")
                }
                context.rights = DeliveryRights(account)
            }
            context.expandedFrom = names.local
            context.origin = .include
            if context.owner == nil { context.owner = context.recipient.internalForm }
            if !settings.propagatesExtension.contains(.include) { context.unmatched = nil }
            for one in AliasMember.parse(file: file.text) { await follow(one, names, context) }
        } catch let failure as DelivererFailure {
            fail(context, 4, 3, 0, failure.text)
        } catch {
            Log.warning("unable to read :include: file \(path): \(error)")
            fail(context, 5, 3, 5, "mail system configuration error")
        }
    }
}
