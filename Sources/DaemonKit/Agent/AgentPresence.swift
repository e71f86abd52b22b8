internal import Configuration
internal import MailLog
package import Platform

/// Says which processes may have something of qmgr's in hand: a mark on `pid/agents` for each, which the kernel removes when the
/// process ends. A new qmgr waits for those that it finds there, and for nobody else.
///
/// The mark is there before an agent says that it is ready, so before it can be given anything, and stays until everything that it
/// was given is in qmgr's journal.
/// *Failure:* an agent that cannot mark itself takes nothing.
package final class AgentPresence: Sendable {
    package enum Task: UInt64, Sendable {
        case deliveries = 0
        case notices = 1
    }

    /// A living process that may have something in hand.
    package struct Holder: Hashable, Sendable {
        package var lease: UInt64
        package var task: Task
        package var process: Int32
        package init(lease: UInt64, task: Task, process: Int32) {
            self.lease = lease
            self.task = task
            self.process = process
        }
    }

    package static let fileName = "agents"

    private let marks: SharedMarks

    package init(path: String) throws(SystemError) { marks = try SharedMarks(path: path) }

    /// While privileged.
    package static func open(_ startup: Startup) throws(StartupError) -> AgentPresence {
        let directory = try startup.value(of: BaseParameters.processIDDirectory)
        let path = (directory.hasPrefix("/") ? "" : startup.queueDirectory + "/") + directory + "/" + fileName
        do throws(SystemError) {
            return try AgentPresence(path: path)
        } catch {
            throw StartupError(error.description)
        }
    }

    package func mark(_ lease: UInt64, _ task: Task) throws(SystemError) { try marks.set(Self.number(lease, task)) }

    package func clear(_ lease: UInt64, _ task: Task) {
        do throws(SystemError) { try marks.clear(Self.number(lease, task)) } catch { Log.warning("\(error)") }
    }

    package func holders() throws(SystemError) -> [Holder] {
        try marks.others().compactMap { number, process in
            Task(rawValue: number & 1).map { Holder(lease: number >> 1, task: $0, process: process) }
        }
    }

    private static func number(_ lease: UInt64, _ task: Task) -> UInt64 { lease << 1 | task.rawValue }
}

/// This process's own mark.
@EventLoopActor
package final class OwnPresence {
    package let lease: UInt64
    private let presence: AgentPresence?
    private let task: AgentPresence.Task
    private var isMarked = false

    /// - Parameter presence: nil when nobody looks (tests).
    package init(_ presence: AgentPresence?, lease: UInt64, task: AgentPresence.Task) {
        self.presence = presence
        self.lease = lease
        self.task = task
    }

    /// - Returns: false when the mark could not be set: nothing may be taken.
    package func set() -> Bool {
        guard let presence, !isMarked else { return true }
        do throws(SystemError) {
            try presence.mark(lease, task)
            isMarked = true
            return true
        } catch {
            Log.error("nothing is taken from the queue manager: \(error)")
            return false
        }
    }

    package func clear() {
        guard let presence, isMarked else { return }
        isMarked = false
        presence.clear(lease, task)
    }
}
