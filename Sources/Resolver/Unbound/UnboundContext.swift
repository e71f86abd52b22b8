internal import CUnbound
internal import Glibc

/// libunbound's context and the questions it has in hand. Used on its thread only.
@safe final class UnboundContext {
    /// What differs from libunbound's defaults: caches for a mail system, not for a site; forwarders on this host are allowed; a
    /// server that was silent is tried again soon.
    private static let options = [
        ("do-not-query-localhost:", "no"), ("msg-cache-size:", "1m"), ("rrset-cache-size:", "2m"), ("key-cache-size:", "1m"),
        ("infra-host-ttl:", "60"), ("infra-keep-probing:", "yes"), ("unblock-lan-zones:", "yes"),
        ("insecure-lan-zones:", "yes"),
    ]
    /// Zones that libunbound answers by itself although an internal name server may know better.
    private static let unblockedZones = ["test.", "127.in-addr.arpa.", "home.arpa."]

    private let context: OpaquePointer?
    private let deadline: UInt64
    private let completion: (UnboundQuestion, Lookup<[UInt8]>) -> Void
    private var underWay: [Int32: UnboundTicket] = [:]
    /// By time of expiry; answered ones are skipped.
    private var expiries: [(id: Int32, instant: UInt64)] = []

    init(_ configuration: ResolverConfiguration, completion: @escaping (UnboundQuestion, Lookup<[UInt8]>) -> Void) {
        self.completion = completion
        deadline = UInt64(max(0, configuration.deadline / .milliseconds(1)))
        guard let context = unsafe ub_ctx_create() else {
            unsafe self.context = nil
            return
        }
        unsafe self.context = context
        unsafe ub_ctx_async(context, 1)
        for (name, value) in Self.options { unsafe ub_ctx_set_option(context, name, value) }
        switch configuration.servers {
        case .system(let path): unsafe ub_ctx_resolvconf(context, path)
        case .forwarders(let addresses): for address in addresses { unsafe ub_ctx_set_fwd(context, address) }
        case .root: break
        }
        for zone in Self.unblockedZones { unsafe ub_ctx_zone_remove(context, zone) }
    }

    /// To be polled for reading.
    var descriptor: Int32? {
        guard let context = unsafe context else { return nil }
        let descriptor = unsafe ub_fd(context)
        return descriptor >= 0 ? descriptor : nil
    }

    /// For poll: -1 when nothing is under way.
    var millisecondsToDeadline: Int32 {
        guard let first = expiries.first else { return -1 }
        let now = Self.now
        return first.instant <= now ? 0 : Int32(clamping: first.instant - now)
    }

    func ask(_ question: UnboundQuestion) {
        guard let context = unsafe context else {
            return completion(question, .temporaryFailure("libunbound has no memory"))
        }
        let ticket = UnboundTicket(question, self)
        let retained = unsafe Unmanaged.passRetained(ticket)
        var id: Int32 = 0
        let code = unsafe ub_resolve_async(
            context, question.name, Int32(question.type.rawValue), 1, retained.toOpaque(),
            { ticket, code, result in
                guard let ticket = unsafe ticket else { return }
                let answer = unsafe UnboundContext.read(code, result)
                unsafe ub_resolve_free(result)
                let answered = unsafe Unmanaged<UnboundTicket>.fromOpaque(ticket).takeRetainedValue()
                answered.context.answered(answered, answer)
            }, &id)
        guard code == 0 else {
            unsafe retained.release()
            return completion(question, .temporaryFailure(Self.text(code)))
        }
        ticket.id = id
        underWay[id] = ticket
        expiries.append((id, Self.now + deadline))
    }

    /// Takes answers that are there and gives up what is too old.
    func process() {
        guard let context = unsafe context else { return }
        if unsafe ub_poll(context) != 0 { unsafe ub_process(context) }
        let now = Self.now
        while let first = expiries.first, first.instant <= now || underWay[first.id] == nil {
            expiries.removeFirst()
            guard let ticket = underWay.removeValue(forKey: first.id) else { continue }
            // After this call the callback will not be made, so what it would have released is released here.
            if unsafe ub_cancel(context, first.id) == 0 { unsafe Unmanaged.passUnretained(ticket).release() }
            completion(ticket.question, .temporaryFailure("no answer in time"))
        }
    }

    private func answered(_ ticket: UnboundTicket, _ answer: Lookup<[UInt8]>) {
        guard underWay.removeValue(forKey: ticket.id) != nil else { return }
        completion(ticket.question, answer)
    }

    private static func read(_ code: Int32, _ result: UnsafeMutablePointer<ub_result>?) -> Lookup<[UInt8]> {
        guard code == 0, let result = unsafe result else { return .temporaryFailure(text(code)) }
        let answer = unsafe result.pointee
        if unsafe answer.bogus != 0 { return .temporaryFailure("DNSSEC validation failed") }
        if unsafe answer.nxdomain != 0 { return .noSuchDomain }
        guard unsafe answer.rcode == 0 else { return unsafe .temporaryFailure("the server failed (\(answer.rcode))") }
        guard unsafe answer.havedata != 0, let data = unsafe answer.data, let lengths = unsafe answer.len else {
            return .noData
        }
        var records: [[UInt8]] = []
        while records.count < Answer<[UInt8]>.maximumRecords, let item = unsafe data[records.count] {
            let bytes = unsafe UnsafeRawBufferPointer(start: item, count: Int(max(0, lengths[records.count])))
            unsafe records.append(Array(bytes))
        }
        let canonicalName = unsafe answer.canonname.flatMap { DomainName.normalized(unsafe String(cString: $0)) }
        return unsafe .found(
            Answer(records, canonicalName: canonicalName, timeToLive: Int(answer.ttl), isSecure: answer.secure != 0))
    }

    private static func text(_ code: Int32) -> String { unsafe String(cString: ub_strerror(code)) }

    /// Milliseconds of the monotonic clock.
    private static var now: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}

/// A question that libunbound has in hand.
final class UnboundTicket {
    let question: UnboundQuestion
    unowned let context: UnboundContext
    var id: Int32 = 0

    init(_ question: UnboundQuestion, _ context: UnboundContext) {
        self.question = question
        self.context = context
    }
}
