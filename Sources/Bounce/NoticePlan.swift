internal import Mail
internal import MessageFormat
internal import Wire

/// Which notices a request leads to: the rules of bounce(8), without I/O.
struct NoticePlan: Equatable {
    struct Notice: Equatable {
        var sender: ReversePath
        var recipient: EmailAddress
        var isPostmasterCopy: Bool
        var returned: StatusNotification.Returned
        /// Ordinals that it speaks of.
        var ordinals: [UInt32]
        /// Of the log line `ID: … notification: ID2`.
        var description: String
    }

    /// Carries the origin: its arrival completes the recipients. nil: nobody is to be told.
    var main: Notice?
    /// To the postmaster as well; its failure is only logged.
    var copy: Notice?
    /// For the log, when a notice is withheld that one might expect.
    var remark: String?

    init(_ request: NoticeRequest, _ settings: BounceSettings) {
        let kind = NoticeKind(request.purpose)
        let everybody = request.reports.map(\.ordinal)
        let wanted = request.recipients.filter { kind.isWanted($0.recipient.notify) }.map(\.ordinal)
        let isLarge = request.content.size > settings.sizeLimit
        func postmasterNotice(_ to: EmailAddress, full: Bool) -> Notice {
            Notice(
                sender: .address(settings.doubleBounceSender), recipient: to, isPostmasterCopy: true,
                returned: full && !isLarge ? .full : .headers, ordinals: everybody, description: kind.postmasterDescription)
        }
        switch request.envelope.sender {
        case .address(let sender) where sender.folded == settings.doubleBounceSender.folded:
            if kind == .failure { remark = "undeliverable postmaster notification discarded" }
        case .null:
            if kind == .failure, !settings.classes.isDisjoint(with: [.bounce, .doubleBounce]) {
                main = postmasterNotice(settings.doubleBounceRecipient, full: true)
            } else if kind == .delay, settings.classes.contains(.delay) {
                main = postmasterNotice(settings.delayRecipient, full: true)
            }
        case .address(let sender):
            let wantsFull = kind == .failure && request.envelope.returnContent != .headers
            if !wanted.isEmpty {
                main = Notice(
                    sender: .null, recipient: sender, isPostmasterCopy: false,
                    returned: wantsFull && !isLarge ? .full : .headers, ordinals: wanted, description: kind.senderDescription)
            }
            if kind == .failure, settings.classes.contains(.bounce) {
                copy = postmasterNotice(settings.bounceRecipient, full: false)
            } else if kind == .delay, settings.classes.contains(.delay) {
                copy = postmasterNotice(settings.delayRecipient, full: false)
            }
            // Without a notice to the sender the copy carries the origin.
            if main == nil {
                main = copy
                copy = nil
            }
        }
    }
}

/// The three kinds of notices.
enum NoticeKind: Equatable {
    case failure, delay, success

    init(_ purpose: MessageOrigin.Purpose) {
        switch purpose {
        case .delayNotice: self = .delay
        case .successNotice: self = .success
        case .failureNotice, .forward, .requeue, .maildrop: self = .failure
        }
    }

    /// RFC 3461 section 4.1: without NOTIFY, failures and delays are told, successes are not.
    func isWanted(_ notify: NotifyOptions?) -> Bool {
        switch self {
        case .failure: notify?.contains(.failure) ?? true
        case .delay: notify?.contains(.delay) ?? true
        case .success: notify?.contains(.success) ?? false
        }
    }

    var senderDescription: String {
        switch self {
        case .failure: "sender non-delivery notification"
        case .delay: "sender delay notification"
        case .success: "sender delivery status notification"
        }
    }

    var postmasterDescription: String {
        switch self {
        case .failure, .success: "postmaster non-delivery notification"
        case .delay: "postmaster delay notification"
        }
    }
}
