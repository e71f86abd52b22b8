import Mail
import SimulatedPlatform
import Testing

@testable import Spool

@Suite("states of a recipient")
struct RecipientStatesTests {
    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var changes: [JournalEvent.Change]
        var state: RecipientState
        var isFinal: Bool
        init(_ name: String, _ changes: [JournalEvent.Change], _ state: RecipientState, final isFinal: Bool = false) {
            (testDescription, self.changes, self.state, self.isFinal) = (name, changes, state, isFinal)
        }
    }

    private static let child = RecordLocation(segment: 9, nonce: SegmentNonce(high: 1, low: 2), offset: 4096)

    @Test(
        "each run of events gives one state",
        arguments: [
            Case("nothing happened", [], .queued),
            Case("delivered", [.done], .done, final: true),
            Case("failed, the sender not yet told", [.unreported(refused)], .failed),
            Case("failed and told", [.unreported(refused), .child(child, .failureNotice)], .done, final: true),
            Case("warned of the delay", [.child(child, .delayNotice)], .queued),
            Case("warned by an event", [.delayWarned], .queued),
            Case("forwarded", [.child(child, .forward)], .done, final: true),
            Case("requeued", [.child(child, .requeue)], .done, final: true),
            Case("held", [.held], .held),
            Case("held and released", [.held, .released], .queued),
            Case("failed on hold", [.unreported(refused), .held], .held),
            Case("deleted for good", [.deleted(restorableUntil: 99)], .deleted, final: true),
            Case("deleted, still to be restored", [.deleted(restorableUntil: 101)], .deleted),
            Case("restored", [.deleted(restorableUntil: 101), .restored], .queued),
            Case("restored after its time", [.deleted(restorableUntil: 99), .restored], .queued),
            Case("delivered after it was deleted", [.deleted(restorableUntil: 101), .done], .done, final: true),
            Case("done is for ever", [.done, .held, .unreported(refused), .deleted(restorableUntil: 101)], .done, final: true),
            Case("quarantined", [.quarantined], .quarantined, final: true),
            Case("to be returned", [.expired], .queued),
        ])
    func table(_ test: Case) {
        var states = RecipientStates(count: 1)
        for change in test.changes { states.apply(change, to: 0) }
        #expect(states[0] == test.state)
        #expect(states.isFinal(at: 100) == test.isFinal)
        #expect(states.remaining == ([.done, .deleted, .quarantined].contains(test.state) ? 0 : 1))
        // A fold that was cut short is done again.
        for change in test.changes { states.apply(change, to: 0) }
        #expect(states[0] == test.state)
        #expect(states.isFinal(at: 100) == test.isFinal)
    }

    @Test("a run that is replayed once more changes nothing", arguments: UInt64(1)...200)
    func idempotence(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let all: [JournalEvent.Change] = [
            .done, .unreported(refused), .unreported(busy), .held, .released, .deleted(restorableUntil: 50), .restored,
            .delayWarned, .expired, .quarantined, .child(Self.child, .delayNotice), .child(Self.child, .forward),
        ]
        let run = (0..<Int.random(in: 1...12, using: &generator)).compactMap { _ -> (JournalEvent.Change, UInt32)? in
            guard let change = all.randomElement(using: &generator) else { return nil }
            return (
                change, Bool.random(using: &generator) ? JournalEvent.wholeMessage : UInt32.random(in: 0..<4, using: &generator)
            )
        }
        var once = RecipientStates(count: 3)
        for (change, ordinal) in run { once.apply(change, to: ordinal) }
        var twice = once
        for (change, ordinal) in run { twice.apply(change, to: ordinal) }
        #expect(once == twice)
        #expect(once.remaining == (0..<3).count { once.flags(of: $0).isDisjoint(with: .outOfQueue) })
    }

    @Test("ordinals beyond the record's recipients are ignored")
    func outside() {
        var states = RecipientStates(count: 2)
        #expect(states.apply(.done, to: 2).isEmpty)
        #expect(states.apply(.done, to: .max - 1).isEmpty)
        #expect(states.apply(.done, to: JournalEvent.wholeMessage) == [0, 1])
        #expect(RecipientStates(count: 0).isFinal(at: 0))
    }
}
