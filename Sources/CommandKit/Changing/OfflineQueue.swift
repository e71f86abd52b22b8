package import Configuration
internal import Glibc
internal import Mail
internal import Platform
internal import Spool
internal import Wire

/// The queue of a system that is stopped, opened by a command as qmgr would: under its lock, with its code.
///
/// Root becomes mail_owner first, so that no file of root's is left in the spool (pitfalls S19).
/// *Failure:* EX_UNAVAILABLE when another process has the lock, EX_NOPERM for users who may not, EX_TEMPFAIL otherwise.
final class OfflineQueue {
    let store: QueueStore
    let index: LMDBIndex

    /// - Parameter warn: told what recovery found.
    init(_ instance: Instance, warn: (String) -> Void = { Output.warn($0) }) throws(ExitError) {
        try instance.becomeOwner()
        let directory = SpoolDirectory(path: instance.queueDirectory)
        index = LMDBIndex(directory: directory.index)
        do throws(StoreError) {
            let report: RecoveryReport
            (store, report) = try QueueStore.open(
                directory: directory, fileSystem: POSIXFileSystem(), index: index, time: SystemTime(), entropy: SystemEntropy())
            for problem in report.problems { warn(problem) }
            if let reason = report.rebuilt, reason != "there was none" { warn("the queue index is rebuilt: \(reason)") }
            // Everything goes to the index, due at once.
            for problem in try store.recoverTails(limit: 0).problems { warn(problem) }
        } catch {
            throw Self.exit(error)
        }
    }

    /// The next one who opens the queue makes its index anew.
    static func markForRebuild(_ instance: Instance) throws(ExitError) {
        let directory = SpoolDirectory(path: instance.queueDirectory)
        do throws(SystemError) {
            let files = POSIXFileSystem()
            try files.open(directory.rebuildMark, .createOrOpen(permissions: 0o600)).close()
            try files.syncDirectory(directory.index)
        } catch {
            throw Self.exit(.system(error))
        }
    }

    func perform(
        _ change: QueueChange, _ filter: QueueFilter, isTrial: Bool,
        _ told: (QueueChanger.Portion) throws(ExitError) -> Void
    ) throws(ExitError) -> UInt64 {
        var job = ChangeJob(change, QueueMatcher(filter, now: SystemTime().wall / 1_000_000), isTrial: isTrial)
        while !job.isDone {
            let portion: ChangePortion
            do throws(StoreError) {
                portion = try store.perform(job)
                try store.tick()
            } catch {
                throw Self.exit(error)
            }
            job = portion.job
            for problem in portion.problems { Output.warn(problem) }
            try told(QueueChanger.Portion(ids: portion.messages.map(\.queueID), examined: job.examined))
        }
        return job.changed
    }

    /// Everything in the index, for a listing.
    func commit() throws(ExitError) {
        do throws(StoreError) { try store.commitAll() } catch { throw Self.exit(error) }
    }

    func close() throws(ExitError) {
        do throws(StoreError) { try store.close() } catch { throw Self.exit(error) }
    }

    private static func exit(_ error: StoreError) -> ExitError {
        switch error {
        case .locked: ExitError(status: EX_UNAVAILABLE, message: "the queue is in use: \(error)")
        case .system(let cause) where cause.code == EACCES || cause.code == EPERM:
            ExitError(status: EX_NOPERM, message: "only root and the owner of the mail system may do this (\(error))")
        default: ExitError(status: EX_TEMPFAIL, message: "cannot open the queue: \(error)")
        }
    }
}

extension Instance {
    /// Root becomes mail_owner, for good.
    package func becomeOwner() throws(ExitError) {
        guard ProcessOwner.isRoot else { return }
        let name = try value(of: BaseParameters.mailOwner)
        let account: UserAccount?
        do throws(SystemError) { account = try UserAccount.named(name) } catch {
            throw ExitError(status: EX_OSERR, message: error.description)
        }
        guard let account, account.user != 0 else {
            throw ExitError(status: EX_CONFIG, message: "mail_owner: there is no user \"\(name)\" besides root")
        }
        do throws(SystemError) { try ProcessOwner.become(account) } catch {
            throw ExitError(status: EX_OSERR, message: error.description)
        }
    }

    /// - Throws: EX_CONFIG.
    package func value<Value>(of parameter: Parameter<Value>) throws(ExitError) -> Value {
        do throws(ConfigurationError) { return try configuration.value(of: parameter) } catch {
            throw ExitError(status: EX_CONFIG, message: error.description)
        }
    }
}
