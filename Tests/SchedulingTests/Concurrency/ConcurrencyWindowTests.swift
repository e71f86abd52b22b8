import Testing

@testable import Scheduling

@Suite("a destination's concurrency window")
struct ConcurrencyWindowTests {
    private func limits(
        positive: String = "1", negative: String = "1", cohorts: Int = 1, initial: Int = 5, limit: Int = 20
    ) throws -> TransportLimits {
        var limits = TransportLimits()
        limits.positiveFeedback = try #require(Feedback(positive))
        limits.negativeFeedback = try #require(Feedback(negative))
        limits.failedCohortLimit = cohorts
        limits.initialConcurrency = initial
        limits.concurrencyLimit = limit
        return limits
    }

    @Test("each success widens it by one, up to the limit")
    func grows() throws {
        let limits = try limits()
        var window = ConcurrencyWindow(limits)
        #expect(window.size == 5)
        for _ in 0..<3 { window.succeeded(busy: window.size, limits) }
        #expect(window.size == 8)
        for _ in 0..<50 { window.succeeded(busy: window.size, limits) }
        #expect(window.size == 20)
    }

    @Test("it stays near the deliveries in hand")
    func staysNear() throws {
        let limits = try limits()
        var window = ConcurrencyWindow(limits)
        for _ in 0..<50 { window.succeeded(busy: 2, limits) }
        #expect(window.size == 7)
    }

    @Test("with 1/concurrency a whole window of successes widens it by one")
    func gentle() throws {
        let limits = try limits(positive: "1/concurrency")
        var window = ConcurrencyWindow(limits)
        for _ in 0..<4 { window.succeeded(busy: 5, limits) }
        #expect(window.size == 5)
        window.succeeded(busy: 5, limits)
        #expect(window.size == 6)
    }

    @Test("a window's worth of failures without a success between them is death")
    func dies() throws {
        let limits = try limits(negative: "1/concurrency")
        var window = ConcurrencyWindow(limits)
        for _ in 0..<4 { window.failed(limits) }
        #expect(!window.isDead)
        // Negative feedback takes effect at the start of its cycle: the window is 4 by now, and 1/5 + 3/4 stays below one.
        #expect(window.size == 4)
        window.failed(limits)
        #expect(window.isDead)
    }

    @Test("without a cohort limit it never dies and never falls below one")
    func survives() throws {
        let limits = try limits(cohorts: 0)
        var window = ConcurrencyWindow(limits)
        for _ in 0..<100 { window.failed(limits) }
        #expect(!window.isDead)
        #expect(window.size == 1)
    }

    @Test("a success brings a dead one back with what is in hand")
    func revives() throws {
        let limits = try limits()
        var window = ConcurrencyWindow(limits)
        while !window.isDead { window.failed(limits) }
        window.succeeded(busy: 3, limits)
        #expect(!window.isDead)
        #expect(window.size == 3)
    }
}
