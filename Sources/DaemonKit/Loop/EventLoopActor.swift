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

    private static let executor = loop.executor

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
