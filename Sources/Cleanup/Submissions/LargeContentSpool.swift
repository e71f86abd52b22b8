internal import DaemonKit
internal import MailLog
internal import Spool

/// A large body on its way to its file: parts wait here while a thread writes those before them.
///
/// *Failure:* after the first one everything else is dropped, the file is removed, and ``finish(_:)`` gives the refusal.
@EventLoopActor
final class LargeContentSpool {
    typealias Body = (content: LargeContent, hasDotLines: Bool)

    private let job: LargeContentJob
    private let threads: BlockingThreads
    private var waiting: [[UInt8]] = []
    private(set) var waitingBytes = 0
    private var isBusy = false
    private var isAbandoned = false
    private(set) var refusal: Refusal?
    private var completion: ((Result<Body, Refusal>) -> Void)?
    /// Called when parts have been written, or when it is clear that none will be.
    var onProgress: (() -> Void)?

    init(job: LargeContentJob, threads: BlockingThreads) {
        self.job = job
        self.threads = threads
    }

    func append(_ part: [UInt8]) {
        guard refusal == nil, !part.isEmpty else { return }
        waiting.append(part)
        waitingBytes += part.count
        work()
    }

    func finish(_ completion: @escaping (Result<Body, Refusal>) -> Void) {
        self.completion = completion
        work()
    }

    /// The message goes nowhere.
    func abandon() {
        isAbandoned = true
        completion = nil
        onProgress = nil
        waiting = []
        work()
    }

    /// Its record is stored.
    func close() {
        let job = job
        threads.run({ job.close() }, then: { _ in })
    }

    private func work() {
        guard !isBusy else { return }
        let job = job
        if isAbandoned {
            isBusy = true
            threads.run({ job.abandon() }, then: { _ in })
        } else if let refusal, let completion {
            self.completion = nil
            completion(.failure(refusal))
        } else if refusal == nil, !waiting.isEmpty {
            isBusy = true
            let parts = waiting
            waiting = []
            threads.run({ job.write(parts) }, then: { [self] failure in wrote(parts, failure) })
        } else if refusal == nil, completion != nil {
            isBusy = true
            threads.run({ job.finish() }, then: { [self] result in finished(result) })
        }
    }

    private func wrote(_ parts: [[UInt8]], _ failure: LargeContentJob.Failure?) {
        isBusy = false
        waitingBytes -= parts.reduce(0) { $0 + $1.count }
        if let failure { refuse(failure) }
        onProgress?()
        work()
    }

    private func finished(_ result: Result<Body, LargeContentJob.Failure>) {
        isBusy = false
        switch result {
        case .success(let body):
            let completion = completion
            self.completion = nil
            if isAbandoned { work() } else { completion?(.success(body)) }
        case .failure(let failure):
            refuse(failure)
            work()
        }
    }

    private func refuse(_ failure: LargeContentJob.Failure) {
        waiting = []
        waitingBytes = 0
        let job = job
        threads.run({ job.abandon() }, then: { _ in })
        switch failure {
        case .noSpace: refusal = .noSpace
        case .failed(let error):
            Log.error("large content: \(error)")
            refusal = .writeError
        }
    }
}
