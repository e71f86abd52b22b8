import Testing

@testable import Scheduling

@Suite("what may be active at once")
struct ActiveLimitsTests {
    @Test("one sender gets four fifths, another still gets in")
    func shares() {
        var active = ActiveLimits(messageLimit: 100, recipientLimit: 1000)
        while active.admits(sender: "bulk") { active.enter(sender: "bulk", recipients: 1) }
        #expect(active.messages == 80)
        #expect(active.admits(sender: "single"))
        for sender in 0..<200 where active.admits(sender: "\(sender)") { active.enter(sender: "\(sender)", recipients: 1) }
        #expect(active.messages == 100)
        #expect(active.isFull)
    }

    @Test("places come back")
    func returns() {
        var active = ActiveLimits(messageLimit: 1, recipientLimit: 10)
        active.enter(sender: "a", recipients: 20)
        #expect(!active.admits(sender: "b"))
        #expect(active.recipientAllowance(minimum: 5) == 5)
        active.unload(recipients: 20)
        active.leave(sender: "a")
        #expect(active.admits(sender: "b"))
        #expect(active.recipients == 0)
    }
}
