internal import Glibc
internal import MailLog
internal import Platform
internal import Wire

/// Where a stop stands: stage after stage is asked to end, each when those before have ended or have had their time.
struct StopProgress: Equatable {
    let began: Duration
    let limit: Duration
    let exitStatus: Int32

    /// A stage is asked at this time at the latest.
    func latest(_ stage: StopStage) -> Duration { began + limit * stage.rawValue / StopStage.allCases.count }

    /// Whoever is still there is killed now.
    var end: Duration { began + limit }

    func isDue(_ stage: StopStage, living: some Sequence<StopStage>, at now: Duration) -> Bool {
        now >= latest(stage) || !living.contains { $0 < stage }
    }

    func nextStep(after now: Duration) -> Duration {
        let steps = StopStage.allCases.map { latest($0) } + [end]
        return steps.first { $0 > now } ?? now + .seconds(1)
    }
}

extension Supervisor {
    /// New clients are refused from now on; what waits in a socket's queue too.
    func beginStop(exitStatus: Int32) {
        stop = StopProgress(began: now, limit: settings.stopTimeLimit, exitStatus: exitStatus)
        manager.stopping()
        for service in services + retired { tell(service, .hurry) }
        closeListeners(but: [])
        answerReload("the mail system is stopping")
        if upgradeClient >= 0 { control.answer(upgradeClient, MasterResult(error: "the mail system is stopping")) }
    }

    func advanceStop(at now: Duration) {
        guard let stop else { return }
        let services = services + retired
        let living = services.filter { !$0.workers.isEmpty }.map(\.plan.stopStage)
        for service in services where stop.isDue(service.plan.stopStage, living: living, at: now) {
            for worker in service.workers where !worker.isDraining { drain(worker) }
        }
        guard now >= stop.end else { return }
        for service in services {
            for worker in service.workers where !worker.isKilled {
                Log.warning("process \(service.plan.path) pid \(worker.process) does not end: killed")
                forceEnd(worker)
            }
        }
    }
}
