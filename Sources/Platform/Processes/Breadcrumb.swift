internal import CPlatform
internal import Glibc

/// What a program is at, in 64 bytes that master can read after its death.
///
/// The program writes plain bytes into memory that it shares with master: no system call, nothing to flush. It says ``enter(_:message:client:)``
/// before it works on something that came from a stranger and ``leave()`` when control goes back to the event loop, so that a
/// crash in between has a name. Used by the event loop's thread; ``helper(_:)`` by one other thread.
/// *Failure:* without shared memory (tests, a master that gives none) the bytes are the program's own and nobody reads them.
@safe
package final class Breadcrumb: @unchecked Sendable {
    package static let length = 64

    /// What is going on. The raw value is in the file.
    package enum Activity: UInt8, Sendable {
        case nothing = 0
        /// smtpd, pickup: words of a client.
        case session = 1
        /// cleanup: a message's headers and recipients.
        case preparation = 2
        /// qmgr: recipients are resolved.
        case routing = 3
        /// A delivery agent begins a delivery.
        case delivery = 4
        /// bounce: a notice is composed.
        case notice = 5
        /// qmgr's store: records and journal.
        case store = 6
        /// qmgr's store: pages of the index.
        case index = 7
    }

    enum Place {
        static let version = 0
        static let activity = 1
        static let messageLength = 2
        static let clientLength = 3
        static let sessions = 4
        static let message = 8
        static let client = 40
        static let helper = 56
    }
    static let version: UInt8 = 1
    /// The activity is over; what it was about is still there.
    static let over: UInt8 = 0x80
    static let messageLimit = 32
    static let clientLimit = 16

    private let bytes: UnsafeMutablePointer<UInt8>

    /// Memory of our own.
    package init() {
        unsafe bytes = .allocate(capacity: Self.length)
        unsafe bytes.initialize(repeating: 0, count: Self.length)
    }

    /// - Parameter descriptor: a file of at least ``length`` bytes; it may be closed afterwards.
    package init(mapping descriptor: Int32) throws(SystemError) {
        guard let place = unsafe martlet_map_shared(descriptor, Self.length) else {
            throw SystemError("map", "breadcrumb", errno)
        }
        unsafe bytes = place.bindMemory(to: UInt8.self, capacity: Self.length)
        unsafe bytes[Place.version] = Self.version
    }

    // Lives as long as the process: mapped memory is not given back.

    /// - Parameters:
    ///   - message: a queue ID.
    ///   - client: an address of 4 or 16 bytes.
    package func enter(_ activity: Activity, message: String? = nil, client: [UInt8] = []) {
        var count = 0
        if var message {
            message.withUTF8 { text in
                count = min(text.count, Self.messageLimit)
                if let start = text.baseAddress { unsafe (bytes + Place.message).update(from: start, count: count) }
            }
        }
        unsafe bytes[Place.messageLength] = UInt8(count)
        let length = min(client.count, Self.clientLimit)
        for index in 0..<length { unsafe bytes[Place.client + index] = client[index] }
        unsafe bytes[Place.clientLength] = UInt8(length)
        // Last: whoever reads an activity finds what belongs to it.
        unsafe bytes[Place.activity] = activity.rawValue
    }

    package func leave() { unsafe bytes[Place.activity] |= Self.over }

    /// The activity of the one other thread that works with what came from outside.
    package func helper(_ activity: Activity) { unsafe bytes[Place.helper] = activity.rawValue }

    /// How many sessions or deliveries there are, for `martlet status`.
    package var sessions: Int {
        get { (0..<4).reversed().reduce(0) { count, index in count << 8 | Int(unsafe bytes[Place.sessions + index]) } }
        set {
            let count = UInt32(clamping: newValue)
            for index in 0..<4 { unsafe bytes[Place.sessions + index] = UInt8(truncatingIfNeeded: count >> UInt32(index * 8)) }
        }
    }
}

/// A breadcrumb as master finds it. Any bytes can be read; what makes no sense is nothing.
package struct BreadcrumbReading: Equatable, Sendable {
    package var activity = Breadcrumb.Activity.nothing
    /// The activity was over: the crash came later.
    package var isOver = true
    package var message: String?
    package var client: [UInt8] = []
    package var helper = Breadcrumb.Activity.nothing
    package var sessions = 0

    package init() {}

    package init(_ bytes: [UInt8]) {
        guard bytes.count == Breadcrumb.length, bytes[Breadcrumb.Place.version] == Breadcrumb.version else { return }
        let state = bytes[Breadcrumb.Place.activity]
        activity = .init(rawValue: state & ~Breadcrumb.over) ?? .nothing
        isOver = state & Breadcrumb.over != 0 || activity == .nothing
        helper = .init(rawValue: bytes[Breadcrumb.Place.helper]) ?? .nothing
        for index in (0..<4).reversed() { sessions = sessions << 8 | Int(bytes[Breadcrumb.Place.sessions + index]) }
        let count = Int(bytes[Breadcrumb.Place.messageLength])
        if (1...Breadcrumb.messageLimit).contains(count) {
            let text = bytes[Breadcrumb.Place.message..<Breadcrumb.Place.message + count]
            if text.allSatisfy(Self.isLetterOrDigit) { message = String(decoding: text, as: UTF8.self) }
        }
        let length = Int(bytes[Breadcrumb.Place.clientLength])
        if length == 4 || length == 16 {
            client = Array(bytes[Breadcrumb.Place.client..<Breadcrumb.Place.client + length])
        }
    }

    /// As the file of a worker has it now.
    package init(descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: Breadcrumb.length)
        let got = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        if got == Breadcrumb.length { self.init(bytes) } else { self.init() }
    }

    /// `session, queue ID 4abc, client [192.0.2.1]`; nil when nothing is known.
    package var text: String? {
        var parts: [String] = []
        if activity != .nothing { parts.append("\(activity)") }
        if let message { parts.append("queue ID \(message)") }
        if let client = addressText(client) { parts.append("client [\(client)]") }
        if helper != .nothing { parts.append("\(helper) on its second thread") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
}
