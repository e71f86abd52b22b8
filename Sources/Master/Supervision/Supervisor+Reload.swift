internal import Glibc
internal import MailLog
internal import Platform

/// Generations: a reload starts new workers beside the old, which end once their successors have read the new configuration.
extension Supervisor {
    /// So many generations may still be finishing.
    static let finishingGenerations = 2
    /// Then the oldest is ended.
    private static let patience: Duration = .seconds(60)

    /// Takes the sockets and plans of a configuration; when a socket cannot be had, none of them.
    func adopt(_ table: ServiceTable) throws(MasterFailure) {
        do throws(SystemError) {
            try listeners.open(
                table.plans.flatMap(\.endpoints), accounts: table.settings.accounts, isIPv6Needed: table.isIPv6Needed)
        } catch {
            throw MasterFailure(error.description, isAddressInUse: error.code == EADDRINUSE)
        }
        for name in listeners.closeInherited() { manager.forget(name) }
        apply(table)
        for (endpoint, descriptor) in listeners.descriptors { manager.keep(descriptor, endpoint.storeName) }
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
        manager.reloading(at: monotonicNanoseconds)
        defer { manager.ready("serving") }
        do throws(MasterFailure) {
            var new = try InstanceSettings.load(directory: settings.directory)
            try new.demandSamePlaces(queueDirectory: settings.queueDirectory, dataDirectory: settings.dataDirectory)
            new.pidFile = settings.pidFile
            try new.openLog()
            try adopt(try ServiceTable.load(new))
            Log.info("reload -- version \(new.version), configuration \(new.directory)")
            answerReload(nil)
        } catch {
            _ = try? settings.openLog()
            Log.error("reload refused, the old configuration stays in force: \(error.message)")
            answerReload(error.message)
        }
    }

    private func apply(_ table: ServiceTable) {
        settings = table.settings
        generation += 1
        var old = services
        services = table.plans.map { plan in
            let open = plan.endpoints.compactMap { listeners[$0] }
            guard let index = old.firstIndex(where: { $0.plan.key == plan.key }) else {
                var service = Service(plan, listeners: open, throttleTime: settings.throttleTime)
                service.generation = generation
                return service
            }
            var service = old.remove(at: index)
            service.adopt(plan, listeners: open, throttleTime: settings.throttleTime)
            service.generation = generation
            return service
        }
        closeListeners(but: Set(table.plans.flatMap(\.endpoints)))
        retired += old.filter { !$0.workers.isEmpty }
        for worker in retired.flatMap(\.workers) where !worker.isDraining { drain(worker) }
    }

    func closeListeners(but endpoints: Set<Endpoint>) {
        for endpoint in listeners.descriptors.keys where !endpoints.contains(endpoint) { manager.forget(endpoint.storeName) }
        listeners.keepOnly(endpoints)
    }
}
