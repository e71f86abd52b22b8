internal import CPlatform
internal import Glibc
internal import MailLog
internal import Platform
internal import Wire

/// Upgrade: master executes the program that is installed now in its own place, with sockets and children kept; then all workers
/// are replaced by a new generation.
///
/// *Failure:* the new program is asked first (``SuccessorCheck``); when it cannot take over, or cannot be executed, everything stays
/// as it was and the reason is logged and told to whoever asked.
extension Supervisor {
    func upgrade() {
        let client = upgradeClient
        upgradeClient = -1
        do throws(MasterFailure) {
            try becomeSuccessor(client)
        } catch {
            Log.error("upgrade refused, the running programs stay: \(error.message)")
            control.answer(client, MasterResult(error: error.message))
        }
    }

    private func becomeSuccessor(_ client: Int32) throws(MasterFailure) {
        // Where the configuration says now; one that cannot be read is the new program's to judge.
        let folder = (try? InstanceSettings.load(directory: settings.directory))?.daemonDirectory ?? settings.daemonDirectory
        let path = folder + "/master"
        let state = handOver(client)
        let file = try HandOverFile.write(state)
        defer { close(file) }
        try SuccessorCheck.ask(path, directory: settings.directory, state: file)
        manager.reloading(at: monotonicNanoseconds)
        Log.info("upgrade -- executing \(path)")
        let kept = state.descriptors + [file]
        for descriptor in kept { _ = martlet_keep_over_exec(descriptor, 1) }
        unsafe setenv(HandOverFile.variable, String(file), 1)
        var arguments = unsafe ([path, "-c", settings.directory, "-s"] as [String]).map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        _ = unsafe execv(path, &arguments)
        let failure = errno
        unsafe unsetenv(HandOverFile.variable)
        for descriptor in kept { _ = martlet_keep_over_exec(descriptor, 0) }
        manager.ready("serving")
        throw MasterFailure(SystemError("execute", path, failure).description)
    }

    private func handOver(_ client: Int32) -> HandOver {
        HandOver(
            queueDirectory: settings.queueDirectory, dataDirectory: settings.dataDirectory, pidFile: settings.pidFile,
            generation: generation, upgrades: upgrades, started: started, lock: lock.descriptor, control: control.descriptor,
            client: client,
            listeners: listeners.descriptors.map { .init(endpoint: $0, descriptor: $1) }.sorted {
                $0.descriptor < $1.descriptor
            },
            services: services.map(\.record), retired: retired.map(\.record), crashes: crashes)
    }

    /// Takes up what the master before left, and replaces its workers.
    func resume(_ state: HandOver) {
        let now = now
        generation = state.generation
        upgrades = state.upgrades &+ 1
        started = state.started
        crashes = state.crashes
        isReady = true
        for listener in state.listeners { listeners.adopt(listener.endpoint, listener.descriptor) }
        func revive(_ record: HandOver.ServiceRecord) -> Service {
            Service(
                record, listeners: record.plan.endpoints.compactMap { listeners[$0] }, throttleTime: settings.throttleTime,
                at: now)
        }
        services = state.services.map(revive)
        retired = state.retired.map(revive)
        control.open(accounts: settings.accounts, inherited: state.control)
        control.adopt(client: state.client, at: now)
        for file in allWorkers.flatMap(\.tables) { watch.add(file) }
        reap()
        var answer = MasterResult()
        do throws(MasterFailure) {
            try adopt(try ServiceTable.load(settings))
            Log.info("upgraded -- version \(settings.version), configuration \(settings.directory)")
        } catch {
            // It passed the check a moment ago. The services stay as they are, with the new programs.
            Log.error("upgraded, but the configuration is refused and the old services stay: \(error.message)")
            answer.error = "upgraded, but the configuration is refused: \(error.message)"
            generation += 1
            for index in services.indices { services[index].generation = generation }
        }
        control.answer(state.client, answer)
        manager.ready("serving")
    }
}
