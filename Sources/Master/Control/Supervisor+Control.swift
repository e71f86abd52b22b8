internal import Configuration
internal import Glibc
internal import MailLog
internal import Platform
internal import Wire

/// What is asked on the control socket.
extension Supervisor {
    func serveControl(_ descriptor: Int32) {
        let now = now
        if descriptor == control.descriptor { return control.accept(owner: settings.accounts?.owner.user, at: now) }
        switch control.serve(descriptor) {
        case .status: control.answer(descriptor, status(at: now))
        case .reload:
            guard stop == nil else { return control.answer(descriptor, MasterResult(error: "the mail system is stopping")) }
            reloadRequested = reloadRequested ?? now
            reloadClients.append(descriptor)
        case .upgrade:
            guard stop == nil, isReady else {
                let reason = stop == nil ? "the mail system is still starting" : "the mail system is stopping"
                return control.answer(descriptor, MasterResult(error: reason))
            }
            guard upgradeClient < 0 else {
                return control.answer(descriptor, MasterResult(error: "another upgrade is under way"))
            }
            upgradeRequested = upgradeRequested ?? now
            upgradeClient = descriptor
        case nil: break
        }
    }

    func answerReload(_ error: String?) {
        for client in reloadClients { control.answer(client, MasterResult(error: error)) }
        reloadClients = []
    }

    func status(at now: Duration) -> MasterStatus {
        MasterStatus(
            version: settings.version, process: getpid(), age: (now - started).components.seconds, generation: generation,
            upgrades: upgrades,
            services: services.map { status(of: $0, isRetired: false, at: now) }
                + retired.map { status(of: $0, isRetired: true, at: now) })
    }

    private func status(of service: Service, isRetired: Bool, at now: Duration) -> MasterStatus.Service {
        let workers = service.workers.map { worker in
            MasterStatus.Worker(
                process: worker.process, generation: worker.generation, age: (now - worker.started).components.seconds,
                state: worker.reported,
                sessions: UInt32(clamping: BreadcrumbReading(descriptor: worker.breadcrumb).sessions))
        }
        let pause = service.nextChange(after: now).map { ($0 - now).components.seconds + 1 }
        return MasterStatus.Service(
            name: service.plan.key.name, type: service.plan.key.kind, program: service.plan.program, isRetired: isRetired,
            crashes: service.crashes, badStarts: service.badStarts, pause: pause ?? 0, workers: workers)
    }
}

extension Worker {
    var reported: MasterStatus.State {
        if isDraining { return .finishing }
        switch state {
        case .starting: return .starting
        case .ready: return .ready
        case .serving: return .serving
        case .full: return .full
        }
    }
}
