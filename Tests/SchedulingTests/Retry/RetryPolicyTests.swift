import Testing

@testable import Scheduling

@Suite("retry, warning and expiry")
struct RetryPolicyTests {
    private static let second: Int64 = 1_000_000

    @Test(
        "the pause is the age within the back-off limits",
        arguments: [(0, 300), (299, 300), (1000, 1000), (3999, 3999), (4001, 4000), (1_000_000, 4000), (-500, 300)])
    func pause(_ age: Int64, _ seconds: Int64) {
        let now: Int64 = 1_700_000_000 * Self.second
        let due = RetryPolicy().nextAttempt(arrival: now - age * Self.second, now: now)
        #expect(due - now == seconds * Self.second)
    }

    @Test("reports have a lifetime of their own")
    func lifetimes() {
        var policy = RetryPolicy()
        policy.bounceQueueLifetime = .seconds(3600)
        let now: Int64 = 2_000_000 * Self.second
        #expect(policy.isExpired(arrival: now - 3600 * Self.second, nullSender: true, now: now))
        #expect(!policy.isExpired(arrival: now - 3600 * Self.second, nullSender: false, now: now))
        #expect(policy.isExpired(arrival: now - 432_000 * Self.second, nullSender: false, now: now))
        #expect(!policy.isExpired(arrival: now + 1, nullSender: false, now: now))
    }

    @Test("no warning unless asked for")
    func warnings() {
        var policy = RetryPolicy()
        #expect(!policy.isWarningDue(arrival: 0, now: .max))
        policy.delayWarning = .seconds(4 * 3600)
        #expect(!policy.isWarningDue(arrival: 0, now: 4 * 3600 * Self.second - 1))
        #expect(policy.isWarningDue(arrival: 0, now: 4 * 3600 * Self.second))
    }

    @Test("extreme clocks do not trap", arguments: [(Int64.min, Int64.max), (.max, .min), (.max, .max), (.min, .min)])
    func extremes(_ arrival: Int64, _ now: Int64) {
        let policy = RetryPolicy()
        _ = policy.nextAttempt(arrival: arrival, now: now)
        _ = policy.isExpired(arrival: arrival, nullSender: false, now: now)
    }
}
