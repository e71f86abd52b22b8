import Mail
import Platform
import Spool
import Testing

@testable import Cleanup

@Suite("group commit")
struct CommitPipelineTests {
    private func record(_ bytes: Int = 100) -> LaneRecord {
        LaneRecord(
            record: NewRecord(
                envelope: [], recipientCount: 1, headerBlock: [], body: .inline([UInt8](repeating: 0, count: bytes)),
                hasDotLines: false), isInternal: false)
    }

    private func outcome(
        _ count: Int, _ verdict: CommitVerdict = .committed, took duration: Duration = .milliseconds(5)
    ) -> LaneOutcome {
        var outcome = LaneOutcome()
        outcome.duration = duration
        outcome.verdicts = Array(repeating: verdict, count: count)
        return outcome
    }

    @Test("one message leaves at once; when both lanes are busy they gather, and the next free lane takes them all")
    func gathering() {
        var pipeline = CommitPipeline<Int>()
        #expect(pipeline.submit(record(), 1)?.lane == 0)
        #expect(pipeline.submit(record(), 2)?.lane == 1)
        for ticket in 3...9 { #expect(pipeline.submit(record(), ticket) == nil) }
        let (verdicts, next) = pipeline.finished(1, outcome(1))
        #expect(verdicts.map(\.ticket) == [2])
        #expect(next?.lane == 1 && next?.records.count == 7)
        #expect(pipeline.finished(0, outcome(1)).next == nil)
        #expect(pipeline.submit(record(), 10)?.lane == 0)
        let last = pipeline.finished(1, outcome(7, .noSpace)).verdicts
        #expect(last.map(\.ticket) == Array(3...9) && last.allSatisfy { $0.verdict == .noSpace })
        #expect(!pipeline.isEmpty)
        _ = pipeline.finished(0, outcome(1))
        #expect(pipeline.isEmpty && pipeline.pendingBytes == 0)
    }

    @Test("on a disk that syncs at once, what comes during a sync waits for its end; on a slow one it takes the other lane")
    func overlapping() {
        var pipeline = CommitPipeline<Int>(overlapping: .milliseconds(1))
        #expect(pipeline.submit(record(), 1)?.lane == 0)
        #expect(pipeline.finished(0, outcome(1, took: .microseconds(200))).next == nil)
        #expect(pipeline.submit(record(), 2)?.lane == 0)
        #expect(pipeline.submit(record(), 3) == nil && pipeline.submit(record(), 4) == nil)
        #expect(pipeline.finished(0, outcome(1, took: .milliseconds(1))).next?.records.count == 2)
        #expect(pipeline.submit(record(), 5)?.lane == 1)
        #expect(pipeline.submit(record(), 6) == nil)
        #expect(pipeline.finished(1, outcome(1)).next?.lane == 1)
        #expect(pipeline.finished(1, outcome(1, took: .zero)).next == nil)
        #expect(pipeline.finished(0, outcome(2, took: .zero)).verdicts.map(\.ticket) == [3, 4])
        #expect(pipeline.isEmpty)
    }

    @Test("a batch has an end, and always takes one message")
    func limits() {
        var pipeline = CommitPipeline<Int>()
        for ticket in 0..<2 { _ = pipeline.submit(record(), ticket) }
        for ticket in 2..<8 { _ = pipeline.submit(record(1 << 20), ticket) }
        _ = pipeline.submit(record(9 << 20), 8)
        for ticket in 9..<2100 { _ = pipeline.submit(record(8), ticket) }
        var counts: [Int] = []
        var inFlight = 1
        var seen: [Int] = []
        while true {
            let (verdicts, next) = pipeline.finished(0, outcome(inFlight))
            seen += verdicts.map(\.ticket)
            guard let next else { break }
            inFlight = next.records.count
            counts.append(inFlight)
        }
        #expect(counts == [3, 3, 1, 1000, 1000, 91])
        #expect(seen == [0] + Array(2..<2100))
    }
}

@Suite("delays for outside mail")
struct InflowDelayTests {
    @Test(
        "nothing at first, then more and more",
        arguments: [(0, 0), (5000, 0), (5001, 200), (7500, 500_000), (10_000, 1_000_000), (4_000_000_000, 1_000_000)]
            as [(UInt32, UInt32)])
    func delay(lag: UInt32, expected: UInt32) {
        #expect(InflowDelay(maximum: 1_000_000).delay(lag: lag) == expected)
        #expect(InflowDelay(maximum: 0).delay(lag: lag) == 0)
    }
}
