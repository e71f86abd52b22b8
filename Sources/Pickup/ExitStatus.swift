internal import Mail
internal import Wire

/// The exit statuses of sysexits.h that a submission can end with.
enum ExitStatus: UInt8 {
    case usage = 64
    case unavailable = 69
    case temporary = 75
    case notPermitted = 77
}

extension LocalSubmissionResult {
    static func failed(_ status: ExitStatus, _ text: String) -> LocalSubmissionResult {
        LocalSubmissionResult(exitStatus: status.rawValue, text: text, queueID: nil)
    }

    /// What cleanup said, as sendmail(1) tells it.
    init(_ verdict: SubmissionResult.Verdict, queueID: QueueID) {
        switch verdict {
        case .accepted, .discarded: self.init(exitStatus: 0, text: "", queueID: queueID)
        case .refused(let reply, let status, let text):
            let kind: ExitStatus
            if status.statusClass == .temporary || reply < 500 {
                kind = .temporary
            } else if status.subject == 1 {
                kind = .usage
            } else {
                kind = .unavailable
            }
            self = .failed(kind, text)
        }
    }
}
