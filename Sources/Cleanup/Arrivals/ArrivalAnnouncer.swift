internal import DaemonKit
internal import Mail
internal import MailLog
internal import NIOCore
internal import Spool
internal import Wire

/// Tells qmgr what has arrived, over one connection that is made again when it is lost. Never waits for qmgr: what cannot be sent now
/// is owed (``ArrivalBook``), and qmgr reads the segment itself.
///
/// *Failure:* without qmgr mail is accepted all the same; a warning says so once for each spell.
@EventLoopActor
final class ArrivalAnnouncer {
    private let path: String
    private var book = ArrivalBook()
    private var connection: WireConnection?
    private var isConnecting = false
    private var hasWarned = false
    private var isRetryScheduled = false
    private var onSettled: (() -> Void)?
    /// A new qmgr dispatches nothing before it has heard of our segments: soon at first, then ever more rarely.
    private var retryPause = firstRetryPause
    private static let firstRetryPause = TimeAmount.milliseconds(50)
    private static let longestRetryPause = TimeAmount.seconds(1)

    init(path: String) { self.path = path }

    /// Messages that qmgr has taken up and that are neither finished nor in the index.
    var lag: UInt32 { book.lag }

    func start() { connect() }

    func note(_ outcome: LaneOutcome) {
        let notices = book.note(outcome, canSend: canSend)
        send(notices)
        if book.owesAnything && connection != nil { scheduleRetry() }
    }

    /// Waits until qmgr knows that all segments are sealed, but not long: the next qmgr finds them.
    func settle(within limit: Duration) async {
        guard book.count > 0, connection != nil else { return }
        await withCheckedContinuation { continuation in
            onSettled = { continuation.resume() }
            EventLoopActor.loop.scheduleTask(in: TimeAmount(limit)) { [self] in EventLoopActor.assumeOnLoop { settled() } }
        }
        connection?.close()
    }

    private func settled() {
        onSettled?()
        onSettled = nil
    }

    private var canSend: Bool {
        guard let connection else { return false }
        return connection.isOpen && connection.channel.isWritable
    }

    private func send(_ notices: [ArrivalNotice]) {
        guard let connection, !notices.isEmpty else { return }
        for notice in notices { connection.enqueue(notice) }
        connection.flush()
    }

    private func connect() {
        guard !isConnecting, connection == nil else { return }
        isConnecting = true
        Task { @EventLoopActor in
            do {
                let made = try await WireEndpoints.connect(to: path)
                isConnecting = false
                adopt(made)
            } catch {
                isConnecting = false
                if !hasWarned { Log.warning("connect to \(path): \(error); mail is accepted and waits") }
                hasWarned = true
                scheduleRetry()
            }
        }
    }

    private func adopt(_ made: WireConnection) {
        hasWarned = false
        connection = made
        made.onFrame = { [weak self] frame in self?.received(frame) }
        made.onClose = { [weak self] in self?.lost() }
        if connection != nil { send(book.connected()) }
    }

    private func lost() {
        guard connection != nil else { return }
        connection = nil
        book.disconnected()
        settled()
        scheduleRetry()
    }

    private func received(_ frame: WireFrame) {
        do {
            let acknowledgement: ArrivalAcknowledgement = try frame.decode()
            book.acknowledged(acknowledgement)?.close()
            retryPause = Self.firstRetryPause
        } catch {
            Log.warning("malformed frame from the queue manager: \(error)")
            connection?.close()
            return
        }
        if canSend { send(book.owed()) }
        if book.count == 0 { settled() }
    }

    private func scheduleRetry() {
        guard !isRetryScheduled else { return }
        isRetryScheduled = true
        let pause = retryPause
        retryPause = min(pause * 2, Self.longestRetryPause)
        EventLoopActor.loop.scheduleTask(in: pause) { [self] in
            EventLoopActor.assumeOnLoop {
                isRetryScheduled = false
                if connection == nil {
                    connect()
                } else if canSend {
                    send(book.owed())
                } else if book.owesAnything {
                    scheduleRetry()
                }
            }
        }
    }
}
