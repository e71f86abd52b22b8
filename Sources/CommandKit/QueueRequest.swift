internal import Glibc
internal import Platform
package import Wire

/// Asks for deferred mail to be tried now: through showq, for this is every user's right unless authorized_flush_users says otherwise.
package enum QueueRequest {
    /// - Returns: how many messages it touched.
    /// - Throws: EX_UNAVAILABLE when the mail system is down, EX_NOPERM when the user may not, EX_TEMPFAIL when qmgr refused.
    package static func perform(_ action: QueueCommand.Action, _ instance: Instance) throws(ExitError) -> UInt64 {
        let frame: BlockingWire.Frame
        do {
            let wire = try BlockingWire(connectingTo: instance.socket("public/showq"))
            try wire.send(QueueQuestion(.flush(QueueCommand(action))))
            frame = try wire.frame()
        } catch {
            throw ExitError(status: EX_UNAVAILABLE, message: "Cannot flush mail queue - mail system is down")
        }
        if frame.isA(QueueRefusal.self), let refusal: QueueRefusal = try? frame.decode() {
            throw ExitError(status: Int32(refusal.exitStatus), message: refusal.text)
        }
        guard let result: QueueCommandResult = try? frame.decode() else {
            throw ExitError(status: EX_SOFTWARE, message: "malformed answer from showq")
        }
        if let error = result.error { throw ExitError(status: EX_TEMPFAIL, message: error) }
        return result.count
    }
}
