internal import CPlatform
internal import Glibc
internal import MailLog
internal import Platform

/// Starting workers, listening to them, and taking leave of them.
extension Supervisor {
    func startNeeded(at now: Duration) {
        for index in services.indices where services[index].need(generation: generation, at: now) == .worker {
            startWorker(index, at: now)
        }
    }

    func startWorker(forClientOf key: ServicePlan.Key) {
        let now = now
        guard let index = services.firstIndex(where: { $0.plan.key == key }),
            services[index].need(generation: generation, at: now) == .listen
        else { return }
        startWorker(index, at: now)
    }

    private func startWorker(_ index: Int, at now: Duration) {
        let service = services[index]
        do throws(SystemError) {
            let worker = try WorkerLauncher.launch(
                service.plan, listeners: service.listeners, environment: settings.environment, lease: try leases.next(),
                generation: generation, share: service.nextShare, at: now)
            services[index].started(worker)
        } catch {
            Log.warning("\(service.plan.path): bad command startup -- throttling: \(error)")
            services[index].couldNotStart(at: now)
            if service.plan.isPersistent { persistentServiceFailed(service, error.description) }
        }
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
        update(process) { service, index in
            for byte in buffer[..<count] {
                if service.workers[index].complaint != nil {
                    // After the word "failed" comes the sentence.
                    service.workers[index].complaint?.append(byte)
                } else if let state = WorkerState(rawValue: byte) {
                    service.heard(state, from: process, at: now)
                }
            }
        }
        relieveOlder()
        warnAboutLimits(at: now)
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
            for worker in services[index].relieved(by: generation) { drain(worker) }
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
        let isClean = status == 0 && signal == 0
        var failed: Service?
        update(process) { service, _ in
            let path = service.plan.path
            if signal != 0, !worker.isKilled { Log.warning("process \(path) pid \(process) killed by signal \(signal)") }
            if status != 0 { Log.warning("process \(path) pid \(process) exit status \(status)") }
            if service.ended(process, isClean: isClean, at: now) == .badStart {
                Log.warning("\(path): bad command startup -- throttling")
                failed = service
            }
        }
        if let failed, failed.plan.isPersistent {
            persistentServiceFailed(failed, worker.complaint.map { String(decoding: $0, as: UTF8.self) })
        }
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
