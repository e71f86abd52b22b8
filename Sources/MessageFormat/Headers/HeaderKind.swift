/// The header fields that the suite itself looks at; every other one is ``other``.
package enum HeaderKind: UInt8, Sendable, CaseIterable {
    case other
    case received, returnPath, deliveredTo, xOriginalTo
    case date, messageID, from, sender, replyTo, to, cc, bcc, subject
    case resentDate, resentMessageID, resentFrom, resentSender, resentReplyTo, resentTo, resentCc, resentBcc
    case contentLength, contentType, contentTransferEncoding, mimeVersion
    case autoSubmitted, precedence, errorsTo, tlsRequired
    /// A `From ` line of an mbox at the very start, which is no header field.
    case mailboxLine

    /// The customary spelling; empty for `other` and `mailboxLine`.
    package var name: String {
        switch self {
        case .other, .mailboxLine: ""
        case .received: "Received"
        case .returnPath: "Return-Path"
        case .deliveredTo: "Delivered-To"
        case .xOriginalTo: "X-Original-To"
        case .date: "Date"
        case .messageID: "Message-Id"
        case .from: "From"
        case .sender: "Sender"
        case .replyTo: "Reply-To"
        case .to: "To"
        case .cc: "Cc"
        case .bcc: "Bcc"
        case .subject: "Subject"
        case .resentDate: "Resent-Date"
        case .resentMessageID: "Resent-Message-Id"
        case .resentFrom: "Resent-From"
        case .resentSender: "Resent-Sender"
        case .resentReplyTo: "Resent-Reply-To"
        case .resentTo: "Resent-To"
        case .resentCc: "Resent-Cc"
        case .resentBcc: "Resent-Bcc"
        case .contentLength: "Content-Length"
        case .contentType: "Content-Type"
        case .contentTransferEncoding: "Content-Transfer-Encoding"
        case .mimeVersion: "MIME-Version"
        case .autoSubmitted: "Auto-Submitted"
        case .precedence: "Precedence"
        case .errorsTo: "Errors-To"
        case .tlsRequired: "TLS-Required"
        }
    }

    /// Resent-* of RFC 5322 section 3.6.6.
    package var isResent: Bool {
        switch self {
        case .resentDate, .resentMessageID, .resentFrom, .resentSender, .resentReplyTo, .resentTo, .resentCc, .resentBcc: true
        default: false
        }
    }

    /// The kind of a field called so, in any case of letters.
    package init(name: String) { self = HeaderNames.kind(of: FoldedName(Array(name.utf8).span)) }
}

/// Several kinds, one bit each.
package struct HeaderKinds: OptionSet, Sendable, Hashable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package init(_ kinds: HeaderKind...) { rawValue = kinds.reduce(0) { $0 | 1 << UInt64($1.rawValue) } }
    package func contains(_ kind: HeaderKind) -> Bool { rawValue & 1 << UInt64(kind.rawValue) != 0 }
    package mutating func insert(_ kind: HeaderKind) { self = HeaderKinds(rawValue: rawValue | 1 << UInt64(kind.rawValue)) }

    /// Default of message_drop_headers.
    package static let dropped = HeaderKinds(.bcc, .contentLength, .resentBcc, .returnPath)
}

/// A field name in lower case packed into four words, so that comparing takes no loop. Longer names equal no known one.
struct FoldedName: Equatable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var length: Int

    init(_ name: borrowing Span<UInt8>) {
        length = name.count
        guard length <= 32 else { return }
        words = (Self.pack(name, 0), Self.pack(name, 8), Self.pack(name, 16), Self.pack(name, 24))
    }

    private static func pack(_ name: borrowing Span<UInt8>, _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = start
        let end = min(start + 8, name.count)
        while index < end {
            let byte = name[index]
            word = word << 8 | UInt64(byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte)
            index += 1
        }
        return word
    }

    static func == (left: FoldedName, right: FoldedName) -> Bool { left.words == right.words && left.length == right.length }
}

enum HeaderNames {
    private static let known: [(name: FoldedName, kind: HeaderKind)] = HeaderKind.allCases.compactMap { kind in
        kind.name.isEmpty ? nil : (FoldedName(Array(kind.name.utf8).span), kind)
    }

    static func kind(of name: FoldedName) -> HeaderKind {
        for entry in known where entry.name == name { return entry.kind }
        return .other
    }
}
