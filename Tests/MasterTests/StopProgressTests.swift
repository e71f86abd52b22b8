import Testing

@testable import Master

@Suite("the order of a stop")
struct StopProgressTests {
    private let stop = StopProgress(began: .seconds(100), limit: .seconds(30), exitStatus: 0)

    @Test(
        "a stage ends when those before it have ended, or have had their time",
        arguments: [
            // stage, living, seconds since the beginning, due
            (.sessionsAndDeliveries, [.sessionsAndDeliveries, .queueManager, .writers], 0, true),
            (.queueManager, [.sessionsAndDeliveries, .queueManager, .writers], 0, false),
            (.queueManager, [.queueManager, .writers], 1, true),
            (.writers, [.queueManager, .writers], 1, false),
            (.writers, [.writers], 1, true),
            (.queueManager, [.sessionsAndDeliveries, .queueManager, .writers], 10, true),
            (.writers, [.sessionsAndDeliveries, .queueManager, .writers], 19, false),
            (.writers, [.sessionsAndDeliveries, .queueManager, .writers], 20, true),
        ] as [(StopStage, [StopStage], Int, Bool)])
    func stages(_ stage: StopStage, _ living: [StopStage], _ seconds: Int, _ isDue: Bool) {
        #expect(stop.isDue(stage, living: living, at: .seconds(100 + seconds)) == isDue)
    }

    @Test("the next step is waited for, not polled")
    func steps() {
        #expect(stop.nextStep(after: .seconds(100)) == .seconds(110))
        #expect(stop.nextStep(after: .seconds(115)) == .seconds(120))
        #expect(stop.nextStep(after: .seconds(120)) == .seconds(130))
    }

    @Test(
        "programs and their stages",
        arguments: [
            ("smtpd", .sessionsAndDeliveries), ("smtp", .sessionsAndDeliveries), ("pickup", .sessionsAndDeliveries),
            ("qmgr", .queueManager), ("bounce", .writers), ("cleanup", .writers),
        ] as [(String, StopStage)])
    func programs(_ program: String, _ stage: StopStage) { #expect(StopStage(program: program) == stage) }
}
