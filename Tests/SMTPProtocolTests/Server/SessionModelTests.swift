import Mail
import Testing

@testable import SMTPProtocol

/// The rules of a session as plain variables: what random command sequences are compared with.
private struct Model {
    var sender: String?
    var recipients: [String] = []
    var errors = 0
    var inContent = false

    /// The code that a line must be answered with; `refuses` is what policy says if it is asked.
    mutating func expect(_ line: String, refuses: Bool) -> UInt16 {
        let code = answer(line, refuses: refuses)
        if code >= 400 { errors += 1 }
        return code
    }

    private mutating func answer(_ line: String, refuses: Bool) -> UInt16 {
        switch line {
        case "EHLO c", "HELO c":
            (sender, recipients) = (nil, [])
            return refuses ? 550 : 250
        case "MAIL FROM:<a@x>":
            if sender != nil { return 503 }
            if refuses { return 550 }
            sender = "a@x"
            return 250
        case "RCPT TO:<b@y>", "RCPT TO:<c@y>":
            if sender == nil { return 503 }
            if recipients.count >= 3 { return 452 }
            if refuses { return 550 }
            recipients.append(line)
            return 250
        case "DATA":
            if sender == nil { return 503 }
            if recipients.isEmpty { return 554 }
            if refuses { return 550 }
            inContent = true
            return 354
        case "RSET":
            (sender, recipients) = (nil, [])
            return 250
        case "NOOP": return 250
        case "MAIL FROM:<", "RCPT TO:<": return 501
        default: return 500
        }
    }
}

@Suite("random sessions against plain rules")
struct SessionModelTests {
    private static let lines = [
        "EHLO c", "HELO c", "MAIL FROM:<a@x>", "MAIL FROM:<a@x>", "RCPT TO:<b@y>", "RCPT TO:<c@y>", "RCPT TO:<b@y>", "DATA",
        "DATA",
        "RSET", "NOOP", "MAIL FROM:<", "RCPT TO:<", "XYZ",
    ]

    @Test("agree at each step", arguments: 0..<300 as Range<UInt64>)
    func random(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        var limits = SMTPServerLimits(hostname: "h")
        limits.recipients = 3
        limits.recipientOvershoot = 0
        limits.hardErrors = .max
        limits.junkCommands = .max
        var session = SMTPServerSession(limits: limits)
        var model = Model()
        for _ in 0..<100 {
            let line = Self.lines.randomElement(using: &generator) ?? "NOOP"
            let refuses = UInt8.random(in: 0...3, using: &generator) == 0
            let expected = model.expect(line, refuses: refuses)
            var action = session.receive(Array(line.utf8))
            if case .check = action { action = refuses ? session.refuse(SMTPReply(550, nil, "no")) : session.allow() }
            guard code(action) == expected else {
                Issue.record("seed \(seed): \(line) gave \(action), expected \(expected)")
                return
            }
            if model.inContent {
                let failed = Bool.random(using: &generator)
                let kept = session.transaction
                #expect(kept?.recipients.count == model.recipients.count)
                let ended = session.contentEnded(failed ? .sizeExceeded : .ok)
                #expect(code(ended) == (failed ? 552 : 250))
                model = Model()
            }
            let (isInTransaction, transaction) = (session.isInTransaction, session.transaction)
            #expect(isInTransaction == (model.sender != nil))
            #expect(transaction?.recipients.count ?? 0 == model.recipients.count)
        }
    }

    private func code(_ action: SMTPServerSession.Action) -> UInt16 {
        switch action {
        case .reply(let reply), .receiveContent(let reply), .close(let reply): reply.code
        case .check: 0
        }
    }
}
