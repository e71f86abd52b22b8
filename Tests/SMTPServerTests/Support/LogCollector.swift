import MailLog
import Synchronization

/// All lines of the process, for tests to look for theirs (each session logs its port).
final class LogCollector: LogSink {
    static let shared: LogCollector = {
        let collector = LogCollector()
        Log.configure(collector)
        return collector
    }()

    private let lines = Mutex<[String]>([])

    func write(_ severity: LogSeverity, _ text: String) {
        lines.withLock { $0.append(severity == .info ? text : "\(severity): \(text)") }
    }

    func lines(containing text: String) -> [String] { lines.withLock { $0.filter { $0.contains(text) } } }
}
