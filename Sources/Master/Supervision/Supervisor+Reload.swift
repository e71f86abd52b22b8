internal import Glibc
internal import MailLog
internal import Platform

/// Generations: a reload starts new workers beside the old, which end once their successors have read the new configuration.
extension Supervisor {
    /// So many generations may still be finishing.
    private static let finishingGenerations = 2
    /// Then the oldest is ended.
    private static let patience: Duration = .seconds(60)

    /// The sockets and plans of the first configuration.
    func adopt(_ table: ServiceTable) throws(MasterFailure) {
        do throws(SystemError) {
            try listeners.open(
                table.plans.flatMap(\.endpoints), accounts: table.settings.accounts, isIPv6Needed: table.isIPv6Needed)
        } catch {
            throw MasterFailure(error.description)
        }
        apply(table)
    }

    /// A reload waits while the last ones are not finished; not for ever.
    func mayReload(_ requested: Duration, at now: Duration) -> Bool {
        let finishing = Set(allWorkers.filter(\.isDraining).map(\.generation))
        guard finishing.count >= Self.finishingGenerations else { return true }
        guard now - requested >= Self.patience, let oldest = finishing.min() else { return false }
        for worker in allWorkers where worker.generation == oldest && worker.isDraining && !worker.isKilled {
            Log.warning("process \(worker.process) of an earlier configuration does not end: killed")
            forceEnd(worker)
        }
        return false
    }

    func reload() {
        manager.reloading(at: UInt64(max(0, now.components.seconds)) * 1_000_000_000)
        defer { manager.ready("serving") }
        do throws(MasterFailure) {
            var new = try InstanceSettings.load(directory: settings.directory)
            if new.queueDirectory != settings.queueDirectory || new.dataDirectory != settings.dataDirectory {
                throw MasterFailure("queue_directory and data_directory cannot change while mail is served: stop and start")
            }
            new.pidFile = settings.pidFile
            try new.openLog()
            try adopt(try ServiceTable.load(new))
            Log.info("reload -- version \(new.version), configuration \(new.directory)")
        } catch {
            _ = try? settings.openLog()
            Log.error("reload refused, the old configuration stays in force: \(error.message)")
        }
    }

    private func apply(_ table: ServiceTable) {
        settings = table.settings
        generation += 1
        var old = services
        services = table.plans.map { plan in
            let open = plan.endpoints.compactMap { listeners[$0] }
            guard let index = old.firstIndex(where: { $0.plan.key == plan.key }) else {
                return Service(plan, listeners: open, throttleTime: settings.throttleTime)
            }
            var service = old.remove(at: index)
            service.adopt(plan, listeners: open, throttleTime: settings.throttleTime)
            return service
        }
        listeners.keepOnly(Set(table.plans.flatMap(\.endpoints)))
        retired += old.filter { !$0.workers.isEmpty }
        for worker in retired.flatMap(\.workers) where !worker.isDraining { drain(worker) }
    }
}
