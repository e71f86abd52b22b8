import Platform
import Testing

@testable import Master

@Suite("which worker is started, replaced or left alone")
struct ServiceTests {
    private static func service(
        _ program: String = "smtpd", persistent: Bool = false, woken: Bool = false, limit: Int? = 100, share: Int? = 50
    ) -> Service {
        let plan = ServicePlan(
            key: .init(name: program, kind: "unix"), path: "/usr/lib/martlet/\(program)", arguments: [], endpoints: [],
            isPersistent: persistent, isWokenAtStart: woken, sessionLimit: limit, workerShare: share,
            stopStage: StopStage(program: program))
        return Service(plan, listeners: [7], throttleTime: .seconds(60))
    }

    private static func worker(_ process: Int32, generation: UInt32 = 1, share: Int? = nil, at now: Duration = .zero) -> Worker
    {
        Worker(process: process, lifeline: -1, generation: generation, share: share, started: now)
    }

    @Test("on demand: one worker for the first client, the socket is left to it until it ends")
    func onDemand() {
        var service = Self.service()
        #expect(service.need(generation: 1, at: .zero) == .listen)
        service.started(Self.worker(10, share: service.nextShare))
        #expect(service.need(generation: 1, at: .zero) == .nothing)
        service.heard(.ready, from: 10, at: .zero)
        service.heard(.serving, from: 10, at: .zero)
        #expect(service.need(generation: 1, at: .zero) == .nothing)
        let ending1 = service.ended(10, isClean: true, at: .seconds(100))
        #expect(ending1 == .orderly)
        #expect(service.need(generation: 1, at: .seconds(100)) == .listen)
    }

    @Test("full workers are joined by others until the shares are the limit")
    func shares() {
        var service = Self.service(limit: 120)
        for (process, share) in [(10, 50), (11, 50), (12, 20)] as [(Int32, Int)] {
            #expect(service.need(generation: 1, at: .zero) == .listen)
            #expect(service.nextShare == share)
            service.started(Self.worker(process, share: service.nextShare))
            service.heard(.serving, from: process, at: .zero)
            #expect(service.need(generation: 1, at: .zero) == .nothing)
            service.heard(.full, from: process, at: .zero)
        }
        #expect(service.need(generation: 1, at: .zero) == .nothing)
        let isAtLimit7 = service.reachesLimit(at: .zero, pause: .seconds(1000))
        #expect(isAtLimit7)
        let isAtLimit8 = service.reachesLimit(at: .seconds(999), pause: .seconds(1000))
        #expect(!isAtLimit8)
        service.heard(.available, from: 11, at: .zero)
        #expect(service.need(generation: 1, at: .zero) == .nothing)
        let isAtLimit9 = service.reachesLimit(at: .seconds(5000), pause: .seconds(1000))
        #expect(!isAtLimit9)
    }

    @Test("the queue manager runs from the start, and again after it ended")
    func persistent() {
        var service = Self.service("qmgr", persistent: true)
        #expect(service.need(generation: 1, at: .zero) == .worker)
        service.started(Self.worker(10))
        #expect(service.need(generation: 1, at: .zero) == .nothing)
        service.heard(.serving, from: 10, at: .zero)
        let ending2 = service.ended(10, isClean: false, at: .seconds(60))
        #expect(ending2 == .crash)
        #expect(service.need(generation: 1, at: .seconds(60)) == .worker)
        service.started(Self.worker(11))
        let ending3 = service.ended(11, isClean: true, at: .seconds(60))
        #expect(ending3 == .badStart)
        #expect(service.need(generation: 1, at: .seconds(60)) == .nothing)
        #expect(service.nextChange(after: .seconds(60)) == .seconds(62))
        #expect(service.need(generation: 1, at: .seconds(62)) == .worker)
    }

    @Test("a woken service is started once")
    func woken() {
        var service = Self.service("pickup", woken: true)
        #expect(service.need(generation: 1, at: .zero) == .worker)
        service.started(Self.worker(10))
        service.heard(.serving, from: 10, at: .zero)
        let ending4 = service.ended(10, isClean: true, at: .seconds(100))
        #expect(ending4 == .orderly)
        #expect(service.need(generation: 1, at: .seconds(100)) == .listen)
    }

    @Test("a reload replaces a running worker, which ends when its successor's configuration is good")
    func replacement() {
        var service = Self.service()
        service.started(Self.worker(10))
        service.heard(.serving, from: 10, at: .zero)
        #expect(service.need(generation: 2, at: .zero) == .worker)
        service.started(Self.worker(11, generation: 2))
        #expect(service.need(generation: 2, at: .zero) == .nothing)
        #expect(service.relieved(by: 2).isEmpty)
        service.heard(.ready, from: 11, at: .zero)
        #expect(service.relieved(by: 2).map(\.process) == [10])
    }

    @Test("a successor that cannot start leaves the old worker serving, and is tried again later")
    func badReplacement() {
        var service = Self.service()
        service.started(Self.worker(10))
        service.heard(.serving, from: 10, at: .zero)
        service.started(Self.worker(11, generation: 2))
        let ending5 = service.ended(11, isClean: false, at: .zero)
        #expect(ending5 == .badStart)
        #expect(service.relieved(by: 2).isEmpty)
        #expect(service.need(generation: 2, at: .zero) == .nothing)
        #expect(service.need(generation: 2, at: .seconds(1)) == .worker)
    }

    @Test("a service without workers is not started by a reload")
    func idleReload() { #expect(Self.service().need(generation: 2, at: .zero) == .listen) }

    @Test("words of strangers change nothing")
    func strangers() {
        var service = Self.service()
        service.heard(.full, from: 99, at: .zero)
        let ending6 = service.ended(99, isClean: false, at: .zero)
        #expect(ending6 == .orderly)
        #expect(service.need(generation: 1, at: .zero) == .listen)
    }
}
