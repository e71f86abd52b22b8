internal import Glibc
internal import Mail
internal import Platform

/// Why a delivery to a file failed, with the status that Postfix gives it (mbox_dsn).
struct MailboxFailure: Error, Equatable {
    var code: EnhancedStatus
    var text: String

    init(_ code: EnhancedStatus, _ text: String) {
        self.code = code
        self.text = text
    }

    /// - Parameters:
    ///   - what: `error writing message`, `create maildir file /x`, …
    ///   - fallback: the status of errors that say nothing about the mailbox.
    init(_ error: SystemError, _ what: String, fallback: EnhancedStatus = EnhancedStatus(.permanent, 2, 0)) {
        let code: EnhancedStatus
        switch error.code {
        // ECANCELED: the content did not come to its end (IncomingContent), which is nobody's fault outside.
        case EAGAIN, ESTALE, EINTR, EMFILE, ENFILE, ENOMEM, EIO, ECANCELED: code = EnhancedStatus(.temporary, 2, 0)
        case ENOSPC, EROFS: code = EnhancedStatus(.temporary, 3, 0)
        case EDQUOT, EFBIG: code = EnhancedStatus(.permanent, 2, 2)
        default: code = fallback
        }
        self.init(code, "\(what): \(errorText(error.code))")
    }

    var status: DeliveryStatus {
        DeliveryStatus(
            code.statusClass == .permanent ? .bounced : .deferred, code, text,
            diagnostic: RemoteDiagnostic(type: "x-unix", text: text, host: nil))
    }
}

extension EnhancedStatus {
    static let delivered = EnhancedStatus(.success, 0, 0)
}
