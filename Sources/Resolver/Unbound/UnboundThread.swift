internal import Glibc
internal import Synchronization

/// The thread that owns libunbound's context: it sleeps until a question or an answer is there, or the oldest question is too old.
///
/// It lives as long as the process.
final class UnboundThread: Sendable {
    private struct Inbox {
        var waiting: [UnboundQuestion] = []
        /// Questions taken and not yet answered, and those waiting.
        var pending = 0
    }

    private let configuration: ResolverConfiguration
    private let inbox = Mutex(Inbox())
    /// A pipe: one byte in it says that the inbox is not empty.
    private let wakeRead: Int32
    private let wakeWrite: Int32

    /// nil when the system has no descriptors or threads left.
    init?(_ configuration: ResolverConfiguration) {
        self.configuration = configuration
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeRead = ends[0]
        wakeWrite = ends[1]
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<UnboundThread>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            return nil
        }
        pthread_detach(thread)
    }

    deinit {
        close(wakeRead)
        close(wakeWrite)
    }

    /// From any thread.
    func submit(_ question: UnboundQuestion) {
        let (isAccepted, mustWake) = inbox.withLock { inbox in
            guard inbox.pending < configuration.maximumPending else { return (false, false) }
            inbox.pending += 1
            inbox.waiting.append(question)
            return (true, inbox.waiting.count == 1)
        }
        guard isAccepted else { return question.completion(.temporaryFailure("too many questions are under way")) }
        if mustWake {
            var byte: UInt8 = 0
            _ = unsafe write(wakeWrite, &byte, 1)
        }
    }

    private func run() {
        let context = UnboundContext(configuration) { [self] question, answer in
            inbox.withLock { $0.pending -= 1 }
            question.completion(answer)
        }
        while true {
            var descriptors = [pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0)]
            if let descriptor = context.descriptor {
                descriptors.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            }
            _ = unsafe poll(&descriptors, nfds_t(descriptors.count), context.millisecondsToDeadline)
            drainWake()
            let questions = inbox.withLock { inbox in
                defer { inbox.waiting = [] }
                return inbox.waiting
            }
            for question in questions { context.ask(question) }
            context.process()
        }
    }

    private func drainWake() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while unsafe read(wakeRead, &bytes, bytes.count) > 0 {}
    }
}
