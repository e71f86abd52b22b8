import Testing

@testable import Master

@Suite("pauses before a program is started again")
struct RestartBackOffTests {
    @Test("a program that never begins waits 1, 2, 4 … seconds, up to the throttle time")
    func badStarts() {
        var backOff = RestartBackOff(longest: .seconds(60))
        #expect(backOff.allows(at: .zero))
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            backOff.failed(at: .seconds(1000), served: nil)
            #expect(backOff.until == .seconds(1000 + pause))
            #expect(!backOff.allows(at: .seconds(1000)))
            #expect(backOff.allows(at: .seconds(1000 + pause)))
        }
    }

    @Test("after a crash in service it comes back at once, the second time in a row after a second")
    func crashes() {
        var backOff = RestartBackOff(longest: .seconds(60))
        backOff.failed(at: .seconds(10), served: .seconds(3600))
        #expect(backOff.allows(at: .seconds(10)))
        backOff.failed(at: .seconds(11), served: .milliseconds(300))
        #expect(backOff.until == .seconds(12))
        backOff.failed(at: .seconds(13), served: .milliseconds(300))
        #expect(backOff.until == .seconds(15))
        backOff.failed(at: .seconds(100), served: .seconds(60))
        #expect(backOff.allows(at: .seconds(100)))
    }

    @Test("a thousand failures do not overflow")
    func many() {
        var backOff = RestartBackOff(longest: .seconds(60))
        for _ in 0..<1000 { backOff.failed(at: .zero, served: nil) }
        #expect(backOff.until == .seconds(60))
        backOff.succeeded()
        #expect(backOff.allows(at: .zero))
    }
}
