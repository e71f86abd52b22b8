package import NIOCore

/// Waiting that stays on the loop. NIO's own `get()` leaves the actor and comes back; `Task.sleep` starts Dispatch's threads.
extension EventLoopFuture where Value: Sendable {
    @EventLoopActor
    package func value() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            whenComplete { continuation.resume(with: $0) }
        }
    }
}

extension EventLoopActor {
    /// Until everything that the loop has found ready by now is dealt with.
    @EventLoopActor
    package static func turn() async {
        await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
    }

    @EventLoopActor
    package static func sleep(for time: Duration) async {
        await withCheckedContinuation { continuation in
            loop.scheduleTask(in: TimeAmount(time)) { continuation.resume() }
        }
    }
}
