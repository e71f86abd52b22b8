internal import DaemonKit
internal import NIOCore
internal import NIOPosix

/// Threads for calls that may block: never the event loop.
struct BlockingThreads: Sendable {
    private let pool: NIOThreadPool

    init(count: Int) {
        pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
    }

    /// Runs `work` on a thread and then `then` on the loop.
    func run<T: Sendable>(_ work: @escaping @Sendable () -> T, then: @escaping @EventLoopActor (T) -> Void) {
        pool.submit { _ in
            let result = work()
            EventLoopActor.loop.execute { EventLoopActor.assumeOnLoop { then(result) } }
        }
    }
}
