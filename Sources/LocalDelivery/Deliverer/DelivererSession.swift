internal import Glibc
internal import Mail
internal import Platform
internal import Wire

/// One thread reads what waits, lets the next one read, and delivers: so the syncs of several messages overlap. Messages for
/// maildirs that wait together are delivered together. Threads come while requests wait, up to ``maximumThreads``.
final class DelivererSession: @unchecked Sendable {
    static let maximumThreads = 8
    /// Messages for maildirs that one thread takes at once.
    static let maximumBatch = 16

    private typealias Order = (request: MailboxDelivery, content: IncomingContent)

    private let settings: DelivererSettings
    private let channel: Int32
    /// Held by the thread that reads.
    private let reading = Monitor()
    private let source: FrameSource
    private let writing = Monitor()
    private let counting = Monitor()
    // Under `counting`.
    private var threads = 1
    private var waiting = 0

    private let maildir: MaildirDelivery
    private let mailbox: MailboxFileDelivery

    init(settings: DelivererSettings, channel: Int32) {
        self.settings = settings
        self.channel = channel
        source = FrameSource(descriptor: channel)
        maildir = MaildirDelivery(host: settings.hostname)
        mailbox = MailboxFileDelivery(locking: settings.locking)
    }

    /// Returns when the parent has closed and everything in hand has ended.
    func serve() {
        work()
        counting.locked {
            threads -= 1
            while threads > 0 { counting.wait() }
        }
    }

    private func work() {
        while true {
            counting.locked { waiting += 1 }
            let orders: [Order]? = reading.locked {
                counting.locked { waiting -= 1 }
                return takeOrders()
            }
            guard let orders else { return }
            answer(orders)
        }
    }

    /// Requests for maildirs that wait, and at most one other, the last; nil at the end. One whose content is streamed is answered
    /// here: the rest of its message is the next thing to read, and nobody else may.
    private func takeOrders() -> [Order]? {
        var orders: [Order] = []
        repeat {
            guard let order = receive() else { return orders.isEmpty ? nil : orders }
            guard order.request.contentLength != nil else {
                answer(orders)
                answer([order])
                order.content.drain()
                if let failure = order.content.failure { Deliverer.end(failure.description, status: EX_PROTOCOL) }
                return []
            }
            orders.append(order)
        } while orders[orders.count - 1].request.isForMaildir && orders.count < Self.maximumBatch && source.hasMore
        startAnother()
        return orders
    }

    private func receive() -> Order? {
        do throws(DecodingFailure) {
            guard let frame = try source.next() else { return nil }
            let request = try frame.decode(MailboxDelivery.self)
            guard let length = request.contentLength else { return (request, IncomingContent(streamedBy: source)) }
            guard Int(length) == frame.payload.count else {
                throw DecodingFailure("a payload of another length than announced")
            }
            return (request, IncomingContent(whole: frame.payload))
        } catch {
            Deliverer.end(error.description, status: EX_PROTOCOL)
        }
    }

    /// While another request waits and no thread is free for it.
    private func startAnother() {
        let mayStart = counting.locked { waiting == 0 && threads < Self.maximumThreads }
        guard mayStart, source.hasMore else { return }
        counting.locked { threads += 1 }
        let isStarted = DetachedThread.start {
            self.work()
            self.counting.locked {
                self.threads -= 1
                self.counting.signalAll()
            }
        }
        if !isStarted { counting.locked { threads -= 1 } }
    }

    /// Maildirs first, whose answers do not wait for a command or a mailbox's lock.
    private func answer(_ orders: [Order]) {
        var answers: [UInt8] = []
        var staged: [(result: MailboxDeliveryResult, message: MaildirDelivery.Staged)] = []
        var others: [Order] = []
        for order in orders {
            guard order.request.isForMaildir else {
                others.append(order)
                continue
            }
            switch begin(order.request, order.content) {
            case .over(let result): answers += result.frame()
            case .staged(let message, let result): staged.append((result, message))
            }
        }
        for (failure, var item) in zip(maildir.complete(staged.map(\.message)), staged) {
            if let failure { item.result.status = failure.status }
            answers += item.result.frame()
        }
        if !answers.isEmpty { send(answers) }
        for order in others {
            if case .over(let result) = begin(order.request, order.content) { send(result.frame()) }
        }
    }

    private enum Begun {
        case over(MailboxDeliveryResult)
        /// The result, if the message can be made durable.
        case staged(MaildirDelivery.Staged, MailboxDeliveryResult)
    }

    private func begin(_ request: MailboxDelivery, _ content: IncomingContent) -> Begun {
        do throws(MailboxFailure) {
            let forward = request.unlessForward.isEmpty ? nil : try read(request.unlessForward, ownerMatters: true, request)
            if let forward, forward.forward != nil { return .over(forward) }
            guard case .maildir(let path) = request.target else {
                var result = try deliver(request, content)
                result.remark = forward?.remark
                return .over(result)
            }
            var result = delivered(request, "delivered to maildir")
            result.remark = forward?.remark
            return .staged(try stage(request, content, path), result)
        } catch {
            return .over(MailboxDeliveryResult(number: request.number, status: error.status))
        }
    }

    private func stage(
        _ request: MailboxDelivery, _ content: IncomingContent, _ path: String
    ) throws(MailboxFailure) -> MaildirDelivery.Staged {
        try maildir.stage(to: path) { (file) throws(SystemError) in
            var isFirst = true
            try content.forEachPart { (part) throws(SystemError) in
                try file.write(isFirst ? [request.prepended, part] : [part])
                isFirst = false
            }
            if isFirst { try file.write([request.prepended]) }
        }
    }

    /// All but maildirs.
    private func deliver(
        _ request: MailboxDelivery, _ content: IncomingContent
    ) throws(MailboxFailure) -> MailboxDeliveryResult {
        switch request.target {
        case .maildir: preconditionFailure("maildirs are staged")
        case .mbox(let path):
            try append(request, content, to: .init(path: path, mustBeOwned: true, sizeLimit: request.mailboxSizeLimit))
            return delivered(request, "delivered to mailbox")
        case .file(let path):
            try append(request, content, to: .init(path: path, mustBeOwned: false, sizeLimit: request.mailboxSizeLimit))
            return delivered(request, "delivered to file: \(path)")
        case .readForward(let paths): return try read(paths, ownerMatters: true, request)
        case .readInclude(let path): return try read([path], ownerMatters: false, request)
        case .command(let command, let environment):
            guard geteuid() != 0 else {
                throw MailboxFailure(EnhancedStatus(.temporary, 3, 5), "commands are never run as root")
            }
            let delivery = CommandDelivery(
                command: command, environment: environment, timeLimit: settings.commandTimeLimit)
            return MailboxDeliveryResult(number: request.number, status: delivery.run(request.prepended, content))
        }
    }

    private func delivered(_ request: MailboxDelivery, _ text: String) -> MailboxDeliveryResult {
        MailboxDeliveryResult(number: request.number, status: DeliveryStatus(.sent, .delivered, text))
    }

    private func append(
        _ request: MailboxDelivery, _ content: IncomingContent, to target: MailboxFileDelivery.Request
    ) throws(MailboxFailure) {
        try mailbox.deliver(target) { (file) throws(SystemError) in
            var quoting = FromQuoting()
            var isFirst = true
            try content.forEachPart { (part) throws(SystemError) in
                var quoted: [UInt8] = []
                quoting.append(part, to: &quoted)
                try file.write(isFirst ? [request.prepended, quoted] : [quoted])
                isFirst = false
            }
            var end: [UInt8] = []
            quoting.finish(into: &end)
            try file.write(isFirst ? [request.prepended, end] : [end])
        }
    }

    private func read(
        _ paths: [String], ownerMatters: Bool, _ request: MailboxDelivery
    ) throws(MailboxFailure) -> MailboxDeliveryResult {
        do throws(SystemError) {
            switch try ListFile.read(paths, ownerMatters: ownerMatters) {
            case .found(let found):
                return MailboxDeliveryResult(
                    number: request.number, status: DeliveryStatus(.sent, .delivered, found.path), forward: found.text)
            case .none: return delivered(request, "")
            case .refused(let reason):
                return MailboxDeliveryResult(
                    number: request.number, status: DeliveryStatus(.bounced, EnhancedStatus(.permanent, 3, 5), reason),
                    remark: reason)
            }
        } catch {
            throw MailboxFailure(error, "\(error.path)", fallback: EnhancedStatus(.temporary, 3, 0))
        }
    }

    private func send(_ bytes: [UInt8]) {
        writing.locked {
            var done = 0
            while done < bytes.count {
                let count = unsafe bytes.withUnsafeBytes { buffer in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                    return repeating { unsafe write(channel, rest.baseAddress, rest.count) }
                }
                // The parent has gone: nobody wants the answer any more.
                guard count > 0 else { return }
                done += count
            }
        }
    }
}

extension MailboxDelivery {
    fileprivate var isForMaildir: Bool {
        if case .maildir = target { return true }
        return false
    }
}
