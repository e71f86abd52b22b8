internal import DaemonKit
internal import NIOCore
internal import NIOPosix
package import Spool

/// What does the batches: the ``QueueStore``, or something simpler in tests.
package protocol BatchStore: AnyObject {
    func perform(_ batch: StoreBatch) -> StoreOutcome
    /// Commits everything and gives the queue's lock back.
    func close() throws(StoreError)
}

extension QueueStore: BatchStore {
    package func perform(_ batch: StoreBatch) -> StoreOutcome { batch.perform(on: self) }
}

/// The one thread that owns the queue's store: all blocking work of the queue manager happens here.
///
/// *Failure:* opening may fail; after that each batch answers for itself.
package final class StoreThread: @unchecked Sendable {
    package typealias Opening = @Sendable () throws(StoreError) -> (any BatchStore, RecoveryReport)

    private let pool = NIOThreadPool(numberOfThreads: 1)
    /// Touched on the pool's thread only.
    private var store: (any BatchStore)?

    package init() { pool.start() }

    package func open(
        _ opening: @escaping Opening,
        then completion: @escaping @Sendable @EventLoopActor (Result<RecoveryReport, StoreError>) -> Void
    ) {
        run(completion) { () -> Result<RecoveryReport, StoreError> in
            do throws(StoreError) {
                let (store, report) = try opening()
                self.store = store
                return .success(report)
            } catch {
                return .failure(error)
            }
        }
    }

    package func perform(_ batch: StoreBatch, then completion: @escaping @Sendable @EventLoopActor (StoreOutcome) -> Void) {
        run(completion) {
            guard let store = self.store else { preconditionFailure("batches are given to an open store") }
            return store.perform(batch)
        }
    }

    /// Commits everything and gives the queue's lock back.
    package func close(then completion: @escaping @Sendable @EventLoopActor (StoreError?) -> Void) {
        run(completion) { () -> StoreError? in
            defer { self.store = nil }
            do throws(StoreError) {
                try self.store?.close()
                return nil
            } catch {
                return error
            }
        }
    }

    private func run<Answer: Sendable>(
        _ completion: @escaping @Sendable @EventLoopActor (Answer) -> Void, _ work: @escaping @Sendable () -> Answer
    ) {
        pool.submit { _ in
            let answer = work()
            EventLoopActor.loop.execute { EventLoopActor.assumeOnLoop { completion(answer) } }
        }
    }
}
