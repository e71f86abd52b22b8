internal import Synchronization

/// The DNS, by libunbound.
///
/// Nothing is started before the first question. Then one thread owns libunbound's context: it hands questions in, polls its
/// descriptor and gives answers back; callers, on whatever loop, only wait. (libunbound adds a thread of its own.)
///
/// *Failure:* every trouble of libunbound, its servers or its thread is ``Lookup/temporaryFailure(_:)``.
package final class UnboundResolver: NameService {
    private let configuration: ResolverConfiguration
    private let thread = Mutex<UnboundThread?>(nil)

    package init(_ configuration: ResolverConfiguration) { self.configuration = configuration }

    package func query(_ name: String, _ type: RecordType) async -> Lookup<[UInt8]> {
        await withCheckedContinuation { continuation in
            resolve(name, type) { continuation.resume(returning: $0) }
        }
    }

    /// `completion` is called once, on another thread.
    package func resolve(_ name: String, _ type: RecordType, _ completion: @escaping @Sendable (Lookup<[UInt8]>) -> Void) {
        let running = thread.withLock { thread in
            if thread == nil { thread = UnboundThread(configuration) }
            return thread
        }
        guard let running else { return completion(.temporaryFailure("the resolver cannot be started")) }
        running.submit(UnboundQuestion(name: name, type: type, completion: completion))
    }
}

/// A question on its way.
final class UnboundQuestion: Sendable {
    let name: String
    let type: RecordType
    let completion: @Sendable (Lookup<[UInt8]>) -> Void

    init(name: String, type: RecordType, completion: @escaping @Sendable (Lookup<[UInt8]>) -> Void) {
        self.name = name
        self.type = type
        self.completion = completion
    }
}
