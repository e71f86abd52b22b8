internal import CommandKit
internal import Configuration
internal import Glibc
internal import Platform
internal import Wire

/// Asks the running master on its control socket.
struct MasterRequest {
    private let wire: BlockingWire

    /// - Throws: EX_NOPERM for those who may not ask, EX_UNAVAILABLE when master does not listen.
    init(_ instance: Instance) throws(ExitError) {
        let directory: String
        do throws(ConfigurationError) {
            directory = try instance.configuration.value(of: BaseParameters.processIDDirectory)
        } catch {
            throw ExitError(status: EX_CONFIG, message: error.description)
        }
        let path = (directory.hasPrefix("/") ? directory : instance.queueDirectory + "/" + directory) + "/control"
        do throws(SystemError) {
            wire = try BlockingWire(connectingTo: path)
        } catch {
            let isForbidden = error.code == EACCES || error.code == EPERM
            throw ExitError(status: isForbidden ? EX_NOPERM : EX_UNAVAILABLE, message: "\(error)")
        }
    }

    func status() throws(ExitError) -> MasterStatus {
        try send(.status)
        return try receive(MasterStatus.self)
    }

    /// Waits for the outcome.
    /// - Throws: EX_CONFIG with what is wrong: then everything is as it was.
    func perform(_ action: MasterCommand.Action) throws(ExitError) {
        try send(action)
        guard let error = try receive(MasterResult.self).error else { return }
        throw ExitError(status: EX_CONFIG, message: error)
    }

    private func send(_ action: MasterCommand.Action) throws(ExitError) {
        do throws(SystemError) {
            try wire.send(MasterCommand(action))
        } catch {
            throw ExitError(status: EX_UNAVAILABLE, message: "\(error)")
        }
    }

    private func receive<M: WireMessage>(_ type: M.Type) throws(ExitError) -> M {
        do throws(BlockingWire.Failure) {
            return try wire.receive(type)
        } catch {
            throw ExitError(status: EX_UNAVAILABLE, message: "master gave no answer, its log says more: \(error)")
        }
    }
}
