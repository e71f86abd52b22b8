internal import DaemonKit
internal import Mail
internal import MailLog
internal import NIOCore
internal import Spool
internal import Wire

/// A connection of a submitter: one message at a time, each answered once.
///
/// *Failure:* a malformed frame closes the connection; its message was not taken, unless it was whole already: then it goes on, and
/// its submitter knows not what became of it.
@EventLoopActor
final class SubmissionSession {
    private enum State {
        case idle
        case collecting(Submission, ContentCollector)
        /// Refused already; its content still comes.
        case discarding
        case committing
        /// The submitter has been told to go elsewhere: what still comes is not taken.
        case retired
    }

    private let connection: WireConnection
    private unowned let intake: MessageIntake
    private var state = State.idle
    private var isPaused = false

    /// A connection with more than this to be written to the disk is not read.
    private static let highWater = 4 << 20
    private static let lowWater = 1 << 20

    init(connection: WireConnection, intake: MessageIntake) {
        self.connection = connection
        self.intake = intake
    }

    var isIdle: Bool {
        if case .idle = state { true } else { false }
    }

    func start() {
        connection.onFrame = { [weak self] frame in self?.received(frame) }
        connection.onClose = { [weak self] in self?.closed() }
    }

    /// How long the submitter may take to close its end.
    private static let farewell: TimeAmount = .seconds(2)

    /// Takes nothing more. A message that is on its way already is not taken either, and its submitter knows that from these words,
    /// which a mere end of the connection would not tell.
    func retire() {
        state = .retired
        connection.send(SubmissionsEnd())
        EventLoopActor.loop.scheduleTask(in: Self.farewell) { [weak self] in
            EventLoopActor.assumeOnLoop { self?.connection.close() }
        }
    }

    private func received(_ frame: WireFrame) {
        do {
            switch state {
            case .idle: try begin(frame)
            case .collecting(let submission, let collector): try collect(frame, submission, collector)
            case .discarding:
                if !frame.isA(ContentChunk.self) {
                    _ = try frame.decode(ContentEnd.self)
                    becomeIdle()
                }
            case .retired: break
            case .committing: throw DecodingFailure("a second message before the first was answered")
            }
        } catch {
            Log.warning("malformed frame from a submitter: \(error)")
            connection.close()
        }
    }

    private func begin(_ frame: WireFrame) throws(DecodingFailure) {
        let submission: Submission = try frame.decode()
        if let length = submission.contentLength {
            guard Int(length) == frame.payload.readableBytes else {
                throw DecodingFailure("\(length) bytes announced, \(frame.payload.readableBytes) sent")
            }
            state = .committing
            intake.take(submission, content: frame.payload) { [weak self] result in self?.answer(result) }
            return
        }
        guard frame.payload.readableBytes == 0 else { throw DecodingFailure("content beside an announced stream") }
        if let refusal = intake.refusalNow(submission) {
            connection.send(refusal.result)
            state = .discarding
            return
        }
        state = .collecting(submission, intake.collector(for: submission))
    }

    private func collect(_ frame: WireFrame, _ submission: Submission, _ collector: ContentCollector) throws(DecodingFailure) {
        if frame.isA(ContentChunk.self) {
            collector.add(frame.payload)
            if let refusal = collector.refusal { return refuse(refusal, submission, collector) }
            controlFlow(submission, collector)
            return
        }
        let end: ContentEnd = try frame.decode()
        guard end.complete else {
            collector.abandon()
            return becomeIdle()
        }
        state = .committing
        resume()
        intake.take(submission, collected: collector) { [weak self] result in self?.answer(result) }
    }

    /// The answer goes out at once; what still comes is thrown away.
    private func refuse(_ refusal: Refusal, _ submission: Submission, _ collector: ContentCollector) {
        collector.abandon()
        intake.logRefusal(refusal, submission)
        connection.send(refusal.result)
        state = .discarding
        resume()
    }

    private func controlFlow(_ submission: Submission, _ collector: ContentCollector) {
        guard let spool = collector.spool else { return }
        if spool.onProgress == nil {
            spool.onProgress = { [weak self] in self?.progressed(submission, collector) }
        }
        if !isPaused, spool.waitingBytes > Self.highWater {
            isPaused = true
            connection.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        }
    }

    private func progressed(_ submission: Submission, _ collector: ContentCollector) {
        guard case .collecting = state, let spool = collector.spool else { return }
        if let refusal = spool.refusal { return refuse(refusal, submission, collector) }
        if spool.waitingBytes < Self.lowWater { resume() }
    }

    private func resume() {
        guard isPaused else { return }
        isPaused = false
        connection.channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    private func answer(_ result: SubmissionResult) {
        connection.send(result)
        becomeIdle()
    }

    private func becomeIdle() {
        state = .idle
        intake.becameIdle(self)
    }

    private func closed() {
        if case .collecting(_, let collector) = state { collector.abandon() }
        intake.ended(self)
    }
}
