import Mail
import Testing

@testable import SMTPProtocol

/// Runs a session against a transcript. `S:` lines are what the server says, `C:` lines what the client must have said by then;
/// `<content>` stands for the content and its end, `<close>` for the end of the connection by the server, `<timeout>`, `<damaged>`.
struct ClientDialogue {
    var session: SMTPClientSession
    private var transactions: [ClientTransaction]
    private var said: [String] = []
    private var parser = SMTPReplyParser()
    /// `recipient outcome code text`, and how the session ended.
    private(set) var events: [String] = []

    init(_ transactions: [ClientTransaction], options: ClientOptions? = nil) {
        session = SMTPClientSession(
            options ?? ClientOptions(heloName: "me.example", myHostname: "me.example"),
            peer: PeerName(host: "mx.example", address: "192.0.2.1"))
        self.transactions = transactions
    }

    mutating func run(_ transcript: String) {
        for line in transcript.split(separator: "\n").map({ $0.drop { $0 == " " } }) {
            let words = line.dropFirst(3)
            switch (line.prefix(2), words) {
            case ("S:", "<close>"): take(session.fail(.closed))
            case ("S:", "<timeout>"): take(session.fail(.timedOut))
            case ("S:", "<damaged>"): take(session.fail(.localData))
            case ("S:", _): serverSays(String(words))
            case ("C:", "<content>"):
                #expect(said.popFirst == "<content>", "\(line)")
                take(session.contentEnded())
            case ("C:", "<content begins>"): #expect(said.popFirst == "<content>", "\(line)")
            case ("C:", "<content ends>"): take(session.contentEnded())
            case ("C:", "QUIT"):
                said += session.quit().map(Self.lines) ?? []
                #expect(said.popFirst == "QUIT")
            case ("C:", _): #expect(said.popFirst == String(words), "\(line)")
            default: Issue.record("\(line) is no line of a transcript")
            }
        }
        #expect(said.isEmpty, "the client said more")
    }

    private mutating func serverSays(_ line: String) {
        switch parser.receive(Array(line.utf8)) {
        case .incomplete: break
        case .reply(let reply): take(session.receive(reply))
        case .malformed(let words): take(session.fail(.malformed(words)))
        }
    }

    private mutating func take(_ step: ClientStep) {
        for verdict in step.verdicts {
            let elsewhere = verdict.mayRetryElsewhere ? " or elsewhere" : ""
            events.append(
                "\(verdict.recipient) \(verdict.status.outcome)\(elsewhere) \(verdict.status.code) \(verdict.status.text)")
        }
        switch step.action {
        case .wait: break
        case .send(let bytes): said += Self.lines(bytes)
        case .ready: next()
        case .sendContent: said.append("<content>")
        case .finished(let isReusable):
            events.append(isReusable ? "reusable" : "not reusable")
            if isReusable { next() }
        case .stale: events.append("stale")
        case .failed(let status, let elsewhere):
            events.append("failed \(status.outcome)\(elsewhere ? " or elsewhere" : "") \(status.code) \(status.text)")
        case .aborted: events.append("aborted")
        }
    }

    private mutating func next() {
        guard let transaction = transactions.popFirst else { return }
        take(session.begin(transaction))
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasSuffix("\r\n"))
        return text.split(separator: "\r\n").map(String.init)
    }

    static func transaction(_ recipients: String..., change: (inout ClientTransaction) -> Void = { _ in }) -> ClientTransaction
    {
        var transaction = ClientTransaction(
            sender: ReversePath(internal: "a@x.example"), size: 100,
            recipients: recipients.map { EnvelopeRecipient(EmailAddress(internal: $0)) })
        change(&transaction)
        return transaction
    }
}

extension Array {
    fileprivate var popFirst: Element? {
        mutating get { isEmpty ? nil : removeFirst() }
    }
}
