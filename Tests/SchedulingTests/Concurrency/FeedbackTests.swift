import Testing

@testable import Scheduling

@Suite("concurrency feedback values")
struct FeedbackTests {
    @Test(
        "numbers, quotients and functions of the window",
        arguments: [
            ("1", 1.0), ("0.25", 0.25), ("1/8", 0.125), ("1 / 4", 0.25), ("1/concurrency", 0.1), ("0.5/concurrency", 0.05),
            ("1/sqrt_concurrency", 0.31622776601683794), ("0", 0),
        ])
    func values(_ text: String, _ atTen: Double) {
        #expect(Feedback(text)?.value(window: 10) == atTen)
    }

    @Test("anything else is refused", arguments: ["", "2", "-1", "1/", "1/0", "x", "1/1/1", "1/window", "4/2", "nan"])
    func nonsense(_ text: String) {
        #expect(Feedback(text) == nil)
    }
}
