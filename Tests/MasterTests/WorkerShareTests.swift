import Testing

@testable import Master

@Suite("a worker's share of the process limit")
struct WorkerShareTests {
    @Test(
        "shares",
        arguments: [
            // limit, cores, network, share
            (100, 2, true, 50), (100, 1, true, 100), (100, 64, true, 25), (10, 8, true, 10), (101, 2, true, 51),
            (100, 2, false, 100), (1, 2, true, 1),
        ] as [(Int, Int, Bool, Int)])
    func share(_ limit: Int, _ cores: Int, _ isNetwork: Bool, _ share: Int) {
        #expect(WorkerShare.of(limit: limit, cores: cores, isNetwork: isNetwork) == share)
    }

    @Test("no limit, no share")
    func unlimited() { #expect(WorkerShare.of(limit: nil, cores: 2, isNetwork: true) == nil) }
}
