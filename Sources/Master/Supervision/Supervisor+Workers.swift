internal import CPlatform
internal import Glibc
internal import MailLog
internal import Platform

/// Starting workers, listening to them, and taking leave of them.
extension Supervisor {
    func startNeeded(at now: Duration) {
        for index in services.indices
        where services[index].need(generation: services[index].generation, at: now) == .worker {
            startWorker(index, at: now)
        }
    }

    func startWorker(forClientOf key: ServicePlan.Key) {
        let now = now
        guard let index = services.firstIndex(where: { $0.plan.key == key }),
            services[index].need(generation: services[index].generation, at: now) == .listen
        else { return }
        startWorker(index, at: now)
    }

    private func startWorker(_ index: Int, at now: Duration) {
        let service = services[index]
        do throws(SystemError) {
            var worker = try WorkerLauncher.launch(
                service.plan, listeners: service.listeners, environment: settings.environment,
                inheritance: try inheritance(for: service, at: now), at: now)
            worker.watchdog = settings.watchdogLimit
            services[index].started(worker)
        } catch {
            Log.warning("\(service.plan.path): bad command startup -- throttling: \(error)")
            services[index].couldNotStart(at: now)
            if service.plan.isPersistent { persistentServiceFailed(service, error.description) }
        }
    }

    private func inheritance(for service: Service, at now: Duration) throws(SystemError) -> WorkerInheritance {
        var inheritance = WorkerInheritance(
            lifeline: -1, listeners: [], lease: try leases.next(), generation: service.generation,
            sessionLimit: service.nextShare, exitsWhenIdle: !service.plan.isPersistent)
        if let limit = settings.watchdogLimit {
            inheritance.heartbeat = Int(max(1, min(10, limit.components.seconds / 4)))
        }
        switch service.plan.program {
        case "qmgr":
            inheritance.heldMessages = crashes.toHold
            inheritance.rebuildsIndex = crashes.rebuildsIndex
        case "smtpd":
            inheritance.isolatedClients = crashes.isolatedClients(at: now).compactMap { addressText($0) }
        default: break
        }
        return inheritance
    }

    // MARK: Lifelines

    func readLifeline(of process: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        guard let lifeline = allWorkers.first(where: { $0.process == process })?.lifeline, lifeline >= 0 else { return }
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(lifeline, $0.baseAddress, $0.count) }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else {
            close(lifeline)
            update(process) { service, index in service.workers[index].lifeline = -1 }
            return
        }
        let now = now
        var words: [String] = []
        var isRebuilding = false
        update(process) { service, index in
            for item in service.workers[index].reader.read(buffer[..<count]) {
                switch item {
                case .state(let state):
                    service.heard(state, from: process, at: now)
                    if state == .ready, service.plan.program == "qmgr" { isRebuilding = true }
                case .word(let word): words.append(word)
                case .complaint(let text): service.workers[index].complaint?.append(contentsOf: text)
                }
            }
        }
        if isRebuilding, crashes.rebuildsIndex { crashes.indexIsRebuilt() }
        for word in words { heard(word, from: process) }
        relieveOlder()
        warnAboutLimits(at: now)
        tellStress()
    }

    private func heard(_ word: String, from process: Int32) {
        if let file = WatchedFile(word: word) {
            update(process) { service, index in
                // What a sane program opens; a mad one does not fill our memory.
                if service.workers[index].tables.count < 256 { service.workers[index].tables.append(file) }
            }
            watch.add(file)
        } else if word.hasPrefix("held ") {
            crashes.wasHeld(String(word.dropFirst(5)))
        } else {
            Log.warning("process \(process) says what is not understood: ignored")
        }
    }

    /// Says something to workers of a program. A worker that does not read misses it: it hangs, and will be replaced.
    func tell(_ program: String, _ word: MasterWord) {
        for service in services where service.plan.program == program { tell(service, word) }
    }

    func tell(_ service: Service, _ word: MasterWord) {
        let bytes = Array(word.line.utf8)
        for worker in service.workers where worker.lifeline >= 0 {
            _ = unsafe bytes.withUnsafeBytes { unsafe send(worker.lifeline, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
    }

    /// The live flag behind ${stress?…}: smtpd's workers are told when all are full, and when there is room again.
    private func tellStress() {
        for index in services.indices where services[index].plan.program == "smtpd" {
            let isAtLimit = services[index].isAtLimit
            guard isAtLimit != services[index].isStressed else { continue }
            services[index].isStressed = isAtLimit
            tell(services[index], .stress(isAtLimit))
        }
    }

    private func update(_ process: Int32, _ body: (inout Service, Int) -> Void) {
        for index in services.indices {
            if let worker = services[index].workers.firstIndex(where: { $0.process == process }) {
                return body(&services[index], worker)
            }
        }
        for index in retired.indices {
            if let worker = retired[index].workers.firstIndex(where: { $0.process == process }) {
                return body(&retired[index], worker)
            }
        }
    }

    /// Once the new generation's worker has said that its configuration is good, the old one's may end.
    private func relieveOlder() {
        guard stop == nil else { return }
        for index in services.indices {
            for worker in services[index].relieved(by: services[index].generation) { drain(worker) }
        }
    }

    /// Asks a worker to finish and end.
    func drain(_ worker: Worker) {
        kill(worker.process, SIGTERM)
        update(worker.process) { service, index in service.workers[index].isDraining = true }
    }

    private func warnAboutLimits(at now: Duration) {
        for index in services.indices where services[index].reachesLimit(at: now, pause: .seconds(1000)) {
            let plan = services[index].plan
            Log.warning(
                "service \"\(plan.key.name)\" (\(plan.program)) has reached its process limit \"\(plan.sessionLimit ?? 0)\": "
                    + "new clients may experience noticeable delays")
            Log.warning(
                "to avoid this condition, increase the process count in master.cf or reduce the service time per client")
        }
    }

    // MARK: Endings

    func reap() {
        var status: Int32 = 0
        var signal: Int32 = 0
        while true {
            let process = unsafe martlet_reap(&status, &signal)
            guard process > 0 else { break }
            ended(process, status: status, signal: signal)
        }
        retired.removeAll { $0.workers.isEmpty }
    }

    private func ended(_ process: Int32, status: Int32, signal: Int32) {
        // Its last words may still be in the lifeline.
        readLifeline(of: process)
        guard let worker = allWorkers.first(where: { $0.process == process }) else { return }
        if worker.lifeline >= 0 { close(worker.lifeline) }
        let now = now
        let reading = BreadcrumbReading(descriptor: worker.breadcrumb)
        if worker.breadcrumb >= 0 { close(worker.breadcrumb) }
        let isClean = status == 0 && signal == 0
        var failed: Service?
        var program = ""
        update(process) { service, _ in
            let path = service.plan.path
            program = service.plan.program
            if signal != 0, !worker.isKilled { Log.warning("process \(path) pid \(process) killed by signal \(signal)") }
            if status != 0 { Log.warning("process \(path) pid \(process) exit status \(status)") }
            if signal != 0, let text = reading.text {
                let verb = reading.isOver && reading.helper == .nothing ? "was last at" : "was at"
                Log.warning("process \(path) pid \(process) \(verb): \(text)")
            }
            if service.ended(process, isClean: isClean, at: now) == .badStart {
                Log.warning("\(path): bad command startup -- throttling")
                failed = service
            }
        }
        if signal != 0 {
            takeMeasures(crashes.crashed(reading, program: program, at: now))
        }
        if let failed, failed.plan.isPersistent {
            persistentServiceFailed(failed, worker.complaint.map { String(decoding: $0, as: UTF8.self) })
        }
    }

    private func takeMeasures(_ measures: [CrashBook.Measure]) {
        for measure in measures {
            switch measure {
            case .hold(let message):
                Log.warning("message \(message) has crashed a program twice: it is put on hold")
                tell("qmgr", .hold(message))
            case .isolate(let address):
                guard let client = addressText(address) else { continue }
                Log.warning("client [\(client)] has crashed smtpd twice: it is served alone for an hour")
                tell("smtpd", .alone(client))
            case .rebuildIndex: Log.warning("qmgr has crashed in the index twice: the next one builds it anew")
            }
        }
    }

    /// A worker whose event loop stands still serves nobody, and holds what it has.
    func killHung(at now: Duration) {
        for worker in allWorkers where worker.isHung(at: now) {
            // Its word may have come while we did something else.
            readLifeline(of: worker.process)
            guard let again = allWorkers.first(where: { $0.process == worker.process }), again.isHung(at: now) else { continue }
            let limit = (worker.watchdog ?? .zero).components.seconds
            Log.warning("process \(worker.process): its event loop stands still for \(limit) s: killed")
            forceEnd(worker)
        }
    }

    func restartWatchdogs(at now: Duration) {
        for worker in allWorkers { update(worker.process) { service, index in service.workers[index].lastBeat = now } }
    }

    /// A worker that does not get as far as its configuration hangs in something that master cannot see.
    func killOverdue(at now: Duration) {
        for worker in allWorkers where worker.state == .starting && !worker.isKilled && now - worker.started >= Self.startLimit
        {
            Log.warning("process \(worker.process) has not read its configuration in \(Self.startLimit): killed")
            forceEnd(worker)
        }
    }

    func forceEnd(_ worker: Worker) {
        kill(worker.process, SIGKILL)
        update(worker.process) { service, index in service.workers[index].isKilled = true }
    }
}
