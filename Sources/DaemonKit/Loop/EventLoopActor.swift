internal import CPlatform
package import NIOCore
package import NIOPosix

/// The one event loop of this process, as a global actor: a daemon's state is isolated to it and needs no lock, its `async`
/// dialogue stays on it, and channel handlers reach it with ``assumeOnLoop(_:)``.
@globalActor
package actor EventLoopActor {
    package static let shared = EventLoopActor()

    /// The loop. The first use starts its thread: not before the skeleton has given up privileges.
    package static let loop: any EventLoop = group.next()
    package static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    fileprivate static let executor = loop.executor

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe Self.executor.asUnownedSerialExecutor() }

    /// For code that the loop calls synchronously (channel handlers, timers): runs it as the actor. Traps off the loop.
    package static func assumeOnLoop<T: Sendable>(_ body: @EventLoopActor () throws -> T) rethrows -> T {
        loop.preconditionInEventLoop()
        return try withoutActuallyEscaping(body) { body in
            let unisolated = unsafe unsafeBitCast(body, to: (() throws -> T).self)
            return try unisolated()
        }
    }
}

extension EventLoopActor {
    /// Makes the loop the process's only executor: jobs that belong to no actor run on it too, and no pool of threads arises.
    ///
    /// The runtime resumes every continuation on the global pool first and hops back to the actor from there, also when the
    /// caller never leaves the actor: two switches between threads, measured 54 us and 34 us of CPU for each `await` against
    /// 2.6 and 1.4 with this. So `Task.detached` and `@concurrent` do not leave the loop: what may block has a thread of its own.
    static func takeGlobalJobs() {
        unsafe martlet_take_global_jobs { job in
            guard let job = unsafe job else { return }
            let unowned = unsafe unsafeBitCast(job, to: UnownedJob.self)
            EventLoopActor.executor.enqueue(ExecutorJob(unowned))
        }
    }
}
