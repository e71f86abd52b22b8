internal import Glibc
package import Mail
internal import Platform
package import Wire

/// Changes the queue: through qmgr while the system runs, else with qmgr's own code under qmgr's lock.
///
/// Only for root and mail_owner; whoever else is refused by the socket's mode.
/// *Failure:* EX_NOPERM for other users, EX_UNAVAILABLE when qmgr does not answer, EX_TEMPFAIL when it could not do it: what was told
/// before stays done.
package enum QueueChanger {
    /// Told after each portion.
    package struct Portion {
        package var ids: [QueueID]
        /// Messages that were looked at so far.
        package var examined: UInt64
    }

    /// - Returns: how many messages were changed, or would be.
    @discardableResult
    package static func perform(
        _ change: QueueChange, _ filter: QueueFilter, isTrial: Bool = false, _ instance: Instance,
        _ told: (Portion) throws(ExitError) -> Void = { _ in }
    ) throws(ExitError) -> UInt64 {
        let wire: BlockingWire?
        do throws(SystemError) {
            wire = try BlockingWire(connectingTo: instance.socket("public/qmgr"))
        } catch {
            try demandDown(error)
            wire = nil
        }
        if let wire { return try ask(wire, .change(change, filter, isTrial: isTrial), told) }
        let queue = try OfflineQueue(instance)
        let count = try queue.perform(change, filter, isTrial: isTrial, told)
        try queue.close()
        return count
    }

    /// Several changes for lists of IDs, in one connection or under one lock.
    package static func perform(
        _ changes: [(QueueChange, [QueueID])], _ instance: Instance,
        _ told: (_ change: Int, Portion) throws(ExitError) -> Void
    ) throws(ExitError) {
        let wire: BlockingWire?
        do throws(SystemError) {
            wire = try BlockingWire(connectingTo: instance.socket("public/qmgr"))
        } catch {
            try demandDown(error)
            wire = nil
        }
        let queue = wire == nil ? try OfflineQueue(instance) : nil
        for (index, (change, ids)) in changes.enumerated() {
            let filter = QueueFilter(ids: ids)
            if let wire {
                _ = try ask(wire, .change(change, filter, isTrial: false)) { portion throws(ExitError) in
                    try told(index, portion)
                }
            } else {
                _ = try queue?.perform(change, filter, isTrial: false) { portion throws(ExitError) in
                    try told(index, portion)
                }
            }
        }
        try queue?.close()
    }

    /// Makes the index anew: by a restart of qmgr, or here when the system is stopped.
    package static func rebuild(_ instance: Instance) throws(ExitError) {
        let wire: BlockingWire
        do throws(SystemError) {
            wire = try BlockingWire(connectingTo: instance.socket("public/qmgr"))
        } catch {
            try demandDown(error)
            try instance.becomeOwner()
            try OfflineQueue.markForRebuild(instance)
            return try OfflineQueue(instance).close()
        }
        _ = try ask(wire, .rebuildIndex) { _ in }
        // It is done when the next queue manager answers; the one that was asked has gone then.
        while (try? wire.frame()) != nil {}
        for _ in 0..<Self.rebuildPatience * 10 {
            usleep(100_000)
            guard let next = try? BlockingWire(connectingTo: instance.socket("public/qmgr")) else { continue }
            let nothing = QueueFilter(ids: [QueueID(microseconds: 0, unique: 0)])
            if (try? ask(next, .change(.flush, nothing, isTrial: true)) { _ in }) != nil { return }
        }
        throw unavailable("no new queue manager within \(rebuildPatience) seconds")
    }

    /// Seconds: a million messages take less.
    private static let rebuildPatience = 300

    /// Throws when the system is not down, but its socket may not be used.
    private static func demandDown(_ error: SystemError) throws(ExitError) {
        guard error.code == EACCES || error.code == EPERM else { return }
        throw ExitError(
            status: EX_NOPERM, message: "only root and the owner of the mail system may change the queue (\(error.description))"
        )
    }

    private static func ask(
        _ wire: BlockingWire, _ action: QueueCommand.Action, _ told: (Portion) throws(ExitError) -> Void
    ) throws(ExitError) -> UInt64 {
        do throws(SystemError) {
            try wire.send(QueueCommand(action))
        } catch {
            throw unavailable(error.description)
        }
        while true {
            let frame: BlockingWire.Frame
            do throws(BlockingWire.Failure) { frame = try wire.frame() } catch { throw unavailable(error.description) }
            if frame.isA(QueueChanges.self) {
                let changes: QueueChanges = try decoded(frame)
                try told(Portion(ids: changes.ids, examined: changes.examined))
            } else {
                let result: QueueCommandResult = try decoded(frame)
                if let error = result.error { throw ExitError(status: EX_TEMPFAIL, message: error) }
                return result.count
            }
        }
    }

    private static func decoded<M: WireMessage>(_ frame: BlockingWire.Frame) throws(ExitError) -> M {
        do throws(DecodingFailure) { return try frame.decode() } catch { throw unavailable(error.description) }
    }

    private static func unavailable(_ text: String) -> ExitError {
        ExitError(status: EX_UNAVAILABLE, message: "the queue manager does not answer (\(text))")
    }
}
