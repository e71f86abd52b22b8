import Testing

@testable import MailLog

@Suite("delays in the log")
struct DelayTextTests {
    @Test(
        "two significant digits, as Postfix's format_tv",
        arguments: [
            (0, "0"), (4_000, "0"), (5_000, "0.01"), (52_000, "0.05"), (100_000, "0.1"), (520_000, "0.52"), (994_000, "0.99"),
            (999_000, "1"), (1_000_000, "1"), (1_240_000, "1.2"), (9_940_000, "9.9"), (9_960_000, "10"), (12_600_000, "13"),
            (-5, "0"), (3_600_000_000, "3600"),
        ] as [(Int64, String)])
    func text(_ microseconds: Int64, _ expected: String) {
        #expect(DelayText.text(microseconds) == expected)
    }
}
