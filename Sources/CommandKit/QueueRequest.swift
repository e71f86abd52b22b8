internal import Glibc
package import Wire

/// Asks qmgr to act on the queue.
package enum QueueRequest {
    /// - Returns: how many messages it touched.
    /// - Throws: EX_UNAVAILABLE when the mail system is down, EX_TEMPFAIL when qmgr did not answer or refused.
    package static func perform(_ action: QueueCommand.Action, _ instance: Instance) throws(ExitError) -> UInt64 {
        let result: QueueCommandResult
        do {
            let wire = try BlockingWire(connectingTo: instance.socket("public/qmgr"))
            try wire.send(QueueCommand(action))
            result = try wire.receive(QueueCommandResult.self)
        } catch {
            throw ExitError(status: EX_UNAVAILABLE, message: "mail system is down (\(error))")
        }
        if let error = result.error { throw ExitError(status: EX_TEMPFAIL, message: error) }
        return result.count
    }
}
