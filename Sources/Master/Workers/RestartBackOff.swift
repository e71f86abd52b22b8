/// When a program that ended badly may be started again: at once after a crash in service, then after 1, 2, 4 … seconds, up to
/// service_throttle_time; a program that does not even begin waits from the first time on.
struct RestartBackOff: Equatable {
    /// A worker that has served this long has proved itself.
    static let proof: Duration = .seconds(10)

    private(set) var failures = 0
    /// nil: at once.
    private(set) var until: Duration?
    private let longest: Duration

    init(longest: Duration) { self.longest = longest }

    /// - Parameters:
    ///   - now: a monotonic time.
    ///   - served: how long the worker had served; nil when it never did.
    mutating func failed(at now: Duration, served: Duration?) {
        if let served, served >= Self.proof { failures = 0 }
        let steps = failures - (served == nil ? 0 : 1)
        failures += 1
        until = steps < 0 ? nil : now + min(longest, .seconds(1 << min(steps, 30)))
    }

    mutating func succeeded() {
        failures = 0
        until = nil
    }

    func allows(at now: Duration) -> Bool { until.map { now >= $0 } ?? true }
}
