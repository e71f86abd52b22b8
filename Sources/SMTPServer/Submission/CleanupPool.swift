internal import DaemonKit
internal import MailLog
internal import Platform

/// The connections of this process to cleanup. As many are open as messages are handed over at once; those that nobody has used for
/// ipc_idle are closed.
///
/// *Failure:* when cleanup cannot be reached the caller gets nil and answers 451; nothing is retried here, the client will.
@EventLoopActor
final class CleanupPool {
    private let path: String
    private let idleLimit: UInt64
    private let time: any TimeSource
    private var idle: [CleanupLink] = []
    /// Those that carry a message; nobody else keeps them.
    private var busy: [ObjectIdentifier: CleanupLink] = [:]

    /// - Parameter idleLimit: ipc_idle in nanoseconds.
    init(path: String, idleLimit: UInt64, time: any TimeSource) {
        self.path = path
        self.idleLimit = idleLimit
        self.time = time
    }

    /// Gives a connection at once, or after having made one.
    func take(_ completion: @escaping (CleanupLink?) -> Void) {
        while let link = idle.popLast() {
            guard link.isOpen else { continue }
            busy[ObjectIdentifier(link)] = link
            return completion(link)
        }
        Task { @EventLoopActor in
            let link = await connect()
            if let link { busy[ObjectIdentifier(link)] = link }
            completion(link)
        }
    }

    private func connect() async -> CleanupLink? {
        do {
            return CleanupLink(try await WireEndpoints.connect(to: path), pool: self)
        } catch {
            Log.warning("connect to \(path): \(error)")
            return nil
        }
    }

    func giveBack(_ link: CleanupLink) {
        busy[ObjectIdentifier(link)] = nil
        link.idleSince = time.monotonic
        idle.append(link)
    }

    /// It is closed.
    func forget(_ link: CleanupLink) {
        busy[ObjectIdentifier(link)] = nil
        idle.removeAll { $0 === link }
    }

    /// Closes what nobody has used for long; those given back last are used first, so the oldest are in front.
    func sweep() {
        let now = time.monotonic
        while let link = idle.first, now &- link.idleSince > idleLimit {
            idle.removeFirst()
            link.close()
        }
    }

    var isEmpty: Bool { idle.isEmpty }

    func closeAll() {
        let links = idle
        idle = []
        for link in links { link.close() }
    }
}
