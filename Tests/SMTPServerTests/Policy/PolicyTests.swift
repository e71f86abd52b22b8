import Configuration
import DaemonKit
import Mail
import Routing
import SMTPProtocol
import Testing
import Wire

@testable import SMTPServer

/// A policy and a question to it.
struct PolicyCase: Sendable, CustomTestStringConvertible {
    var name: String
    var settings: [String]
    var client = "198.51.100.7"
    var clientName = "unknown"
    var helo: String? = "client.test"
    var sender = "a@b.test"
    var recipient = "user@example.test"
    var pipelining = false
    /// nil: accepted.
    var reply: String?
    /// Log actions.
    var notes: [String] = []

    init(_ name: String, _ settings: String..., reply: String?, _ change: (inout PolicyCase) -> Void = { _ in }) {
        self.name = name
        self.settings = settings
        self.reply = reply
        change(&self)
    }
    var testDescription: String { name }
}

@Suite("who may do what")
@EventLoopActor
struct PolicyTests {
    private func judge(_ example: PolicyCase) throws -> PolicyOutcome {
        let settings = try SMTPServerSettings(TestServer.configuration(example.settings), share: nil, warn: { _ in })
        let policy = Policy(directory: RecipientDirectory(settings.recipients) { 0 }, settings: settings.policy)
        var peer = ClientPeer(address: IPAddress(example.client), port: 1, showsPort: false)
        peer.rename(example.clientName)
        var facts = PolicyFacts(peer: peer, helo: example.helo, isExtended: true)
        facts.sender = ReversePath(internal: example.sender)
        facts.recipient = EmailAddress(internal: example.recipient)
        facts.improperPipelining = example.pipelining
        return policy.judgeRecipient(facts)
    }

    nonisolated private static let relayed = "454 4.7.1 <x@far.test>: Relay access denied"

    @Test(
        "RCPT is judged by the lists",
        arguments: [
            PolicyCase("mail for us", reply: nil),
            PolicyCase(
                "an unknown user",
                reply: "550 5.1.1 <no@example.test>: Recipient address rejected: User unknown in local recipient table"
            ) { $0.recipient = "no@example.test" },
            PolicyCase(
                "without the table's name", "show_user_unknown_table_name = no",
                reply: "550 5.1.1 <no@example.test>: Recipient address rejected: User unknown"
            ) { $0.recipient = "no@example.test" },
            PolicyCase("unknown users are taken where main.cf says so", "smtpd_reject_unlisted_recipient = no", reply: nil) {
                $0.recipient = "no@example.test"
            },
            PolicyCase("a relayed domain", reply: nil) { $0.recipient = "any@relayed.test" },
            PolicyCase("its subdomain", reply: nil) { $0.recipient = "any@sub.relayed.test" },
            PolicyCase(
                "an unknown user of it", "relay_recipient_maps = inline:{known@relayed.test=x}",
                reply: "550 5.1.1 <no@relayed.test>: Recipient address rejected: User unknown in relay recipient table"
            ) { $0.recipient = "no@relayed.test" },
            PolicyCase("strangers do not relay", reply: relayed) { $0.recipient = "x@far.test" },
            PolicyCase("nor by routes", reply: "454 4.7.1 <x%far.test@example.test>: Relay access denied") {
                $0.recipient = "x%far.test@example.test"
            },
            PolicyCase("nor by quotes", reply: "454 4.7.1 <\"x@far.test\"@example.test>: Relay access denied") {
                $0.recipient = "x@far.test@example.test"
            },
            PolicyCase("nor by routes over relayed domains", reply: "454 4.7.1 <far.test!x@relayed.test>: Relay access denied")
            { $0.recipient = "far.test!x@relayed.test" },
            PolicyCase(
                "reject instead of defer", "smtpd_relay_restrictions = reject_unauth_destination",
                reply: "554 5.7.1 <x@far.test>: Relay access denied"
            ) { $0.recipient = "x@far.test" },
            PolicyCase("our networks relay", reply: nil) { ($0.recipient, $0.client) = ("x@far.test", "127.0.0.1") },
            PolicyCase("IPv6, too", reply: nil) { ($0.recipient, $0.client) = ("x@far.test", "::1") },
            PolicyCase("mapped IPv4, too", reply: nil) { ($0.recipient, $0.client) = ("x@far.test", "::ffff:127.0.0.1") },
            PolicyCase(
                "unknown users are refused for them as well",
                reply: "550 5.1.1 <no@example.test>: Recipient address rejected: User unknown in local recipient table"
            ) { ($0.recipient, $0.client) = ("no@example.test", "127.0.0.1") },
            PolicyCase(
                "SASL permits nobody yet", "smtpd_relay_restrictions = permit_sasl_authenticated, reject",
                reply: "554 5.7.1 <user@example.test>: Recipient address rejected: Access denied"),
            PolicyCase("virtual aliases are known", "virtual_alias_maps = inline:{new@example.test=user@far.test}", reply: nil)
            { $0.recipient = "new@example.test" },
            PolicyCase("postmaster is", reply: nil) { $0.recipient = "postmaster@example.test" },
            PolicyCase(
                "reject in the client list", "smtpd_client_restrictions = reject",
                reply: "554 5.7.1 <unknown[198.51.100.7]>: Client host rejected: Access denied"),
            PolicyCase(
                "defer", "smtpd_sender_restrictions = defer",
                reply: "450 4.3.2 <a@b.test>: Sender address rejected: Try again later"),
            PolicyCase("a warning only", "smtpd_sender_restrictions = warn_if_reject reject", reply: nil) {
                $0.notes = ["reject_warning"]
            },
            PolicyCase(
                "permit ends its own list only", "smtpd_client_restrictions = permit, reject",
                "smtpd_helo_restrictions = reject", reply: "554 5.7.1 <client.test>: Helo command rejected: Access denied"),
            PolicyCase(
                "short helo", "smtpd_helo_restrictions = reject_non_fqdn_helo_hostname",
                reply: "504 5.5.2 <short>: Helo command rejected: need fully-qualified hostname"
            ) { $0.helo = "short" },
            PolicyCase(
                "a literal helo", "smtpd_helo_restrictions = reject_non_fqdn_helo_hostname, reject_invalid_helo_hostname",
                reply: nil
            ) { $0.helo = "[198.51.100.7]" },
            PolicyCase(
                "no helo", "smtpd_helo_restrictions = reject_non_fqdn_helo_hostname, reject_invalid_helo_hostname", reply: nil
            ) { $0.helo = nil },
            PolicyCase(
                "an impossible helo", "smtpd_helo_restrictions = reject_invalid_hostname",
                reply: "501 5.5.2 <a_b!>: Helo command rejected: Invalid name"
            ) { $0.helo = "a_b!" },
            PolicyCase(
                "short sender", "smtpd_sender_restrictions = reject_non_fqdn_sender",
                reply: "504 5.5.2 <a@b>: Sender address rejected: need fully-qualified address"
            ) { $0.sender = "a@b" },
            PolicyCase("the null sender is no short one", "smtpd_sender_restrictions = reject_non_fqdn_sender", reply: nil) {
                $0.sender = ""
            },
            PolicyCase(
                "short recipient", "smtpd_recipient_restrictions = reject_non_fqdn_recipient", "local_recipient_maps =",
                reply: "504 5.5.2 <user>: Recipient address rejected: need fully-qualified address"
            ) { ($0.recipient, $0.client) = ("user", "127.0.0.1") },
            PolicyCase(
                "an unknown sender of ours", "smtpd_reject_unlisted_sender = yes",
                reply: "550 5.1.0 <no@example.test>: Sender address rejected: User unknown in local recipient table"
            ) { $0.sender = "no@example.test" },
            PolicyCase(
                "pipelining without leave", "smtpd_recipient_restrictions = reject_unauth_pipelining",
                reply: "503 5.5.0 <user@example.test>: Recipient address rejected: Improper use of SMTP command pipelining"
            ) { $0.pipelining = true },
            PolicyCase(
                "a failing table is neither yes nor no", "smtpd_sender_restrictions = check_sender_access fail:x",
                reply: "451 4.3.0 <a@b.test>: Temporary lookup failure"),
            PolicyCase(
                "a failing list of users", "local_recipient_maps = fail:x",
                reply: "451 4.3.0 <user@example.test>: Temporary lookup failure"),
            PolicyCase(
                "failing networks", "mynetworks = fail:x", reply: "451 4.3.0 <user@example.test>: Temporary lookup failure"),
        ])
    func recipients(_ example: PolicyCase) throws {
        let outcome = try judge(example)
        #expect(outcome.refusal?.description == example.reply)
        #expect(outcome.notes.map(\.action) == example.notes + (example.reply == nil ? [] : ["reject"]))
    }

    @Test(
        "access tables",
        arguments: [
            PolicyCase(
                "OK ends the list", "smtpd_sender_restrictions = check_sender_access inline:{a@b.test=OK}, reject", reply: nil),
            PolicyCase(
                "REJECT", "smtpd_sender_restrictions = check_sender_access inline:{b.test=REJECT}",
                reply: "554 5.7.1 <a@b.test>: Sender address rejected: Access denied"),
            PolicyCase(
                "REJECT with words", "smtpd_sender_restrictions = check_sender_access inline:{{a@ = REJECT go away}}",
                reply: "554 5.7.1 <a@b.test>: Sender address rejected: go away"),
            PolicyCase(
                "codes and status", "smtpd_client_restrictions = check_client_access inline:{{198.51.100 = 450 4.7.9 later}}",
                reply: "450 4.7.9 <unknown[198.51.100.7]>: Client host rejected: later"),
            PolicyCase(
                "the class of a status follows its code",
                "smtpd_client_restrictions = check_client_access inline:{{198.51.100 = 550 4.7.9 no}}",
                reply: "550 5.7.9 <unknown[198.51.100.7]>: Client host rejected: no"),
            PolicyCase(
                "a client's name", "smtpd_client_restrictions = check_client_access inline:{spam.test=REJECT}",
                reply: "554 5.7.1 <h.spam.test[198.51.100.7]>: Client host rejected: Access denied"
            ) { $0.clientName = "h.spam.test" },
            PolicyCase(
                "a bare table", "smtpd_helo_restrictions = inline:{client.test=REJECT}",
                reply: "554 5.7.1 <client.test>: Helo command rejected: Access denied"),
            PolicyCase(
                "the null sender", "smtpd_sender_restrictions = check_sender_access inline:{<>=REJECT}",
                reply: "554 5.7.1 <>: Sender address rejected: Access denied"
            ) { $0.sender = "" },
            PolicyCase(
                "another list's subject", "smtpd_recipient_restrictions = check_client_access inline:{198.51.100.7=REJECT}",
                reply: "554 5.7.1 <unknown[198.51.100.7]>: Client host rejected: Access denied"),
            PolicyCase(
                "restrictions by name",
                "smtpd_sender_restrictions = check_sender_access inline:{{b.test = permit_mynetworks, reject}}",
                reply: "554 5.7.1 <a@b.test>: Sender address rejected: Access denied"),
            PolicyCase(
                "an action that is none", "smtpd_sender_restrictions = check_sender_access inline:{b.test=HMM}",
                reply: "451 4.3.5 <a@b.test>: Sender address rejected: Server configuration error"),
            PolicyCase(
                "DEFER_IF_PERMIT counts when nothing refuses",
                "smtpd_sender_restrictions = check_sender_access inline:{b.test=DEFER_IF_PERMIT}",
                reply: "450 4.7.1 <a@b.test>: Sender address rejected: Access denied"),
            PolicyCase(
                "and not when something does",
                "smtpd_sender_restrictions = check_sender_access inline:{b.test=DEFER_IF_PERMIT}, reject",
                reply: "554 5.7.1 <a@b.test>: Sender address rejected: Access denied"),
            PolicyCase(
                "DEFER_IF_REJECT", "smtpd_sender_restrictions = check_sender_access inline:{b.test=DEFER_IF_REJECT}, reject",
                reply: "450 4.7.1 <a@b.test>: Sender address rejected: Access denied"),
            PolicyCase(
                "WARN goes on", "smtpd_sender_restrictions = check_sender_access inline:{{b.test = WARN look}}, reject",
                reply: "554 5.7.1 <a@b.test>: Sender address rejected: Access denied"
            ) { $0.notes = ["warn"] },
            PolicyCase(
                "HOLD goes on", "smtpd_sender_restrictions = check_sender_access inline:{{b.test = HOLD look}}", reply: nil
            ) { $0.notes = ["hold"] },
            PolicyCase(
                "DISCARD ends everything", "smtpd_sender_restrictions = check_sender_access inline:{b.test=DISCARD}", reply: nil
            ) { ($0.notes, $0.recipient) = (["discard"], "x@far.test") },
        ])
    func access(_ example: PolicyCase) throws { try recipients(example) }

    @Test("what a table wants done with the message is done")
    func effects() throws {
        let outcome = try judge(
            PolicyCase(
                "",
                "smtpd_sender_restrictions = check_sender_access inline:{b.test=HOLD}, check_client_access inline:{{198.51.100.7 = PREPEND X-A: b}},"
                    + " check_helo_access inline:{{client.test = FILTER smtp:[127.0.0.1]:10025}}",
                "smtpd_recipient_restrictions = check_recipient_access inline:{{user@example.test = REDIRECT q@example.test}}",
                reply: nil))
        var expected = AccessEffects()
        expected.hold = true
        expected.prepended = Array("X-A: b\r\n".utf8)
        expected.filter = "smtp:[127.0.0.1]:10025"
        expected.redirect = EmailAddress(internal: "q@example.test")
        #expect(outcome.effects == expected && outcome.refusal == nil)
    }

    @Test(
        "what cannot be obeyed does not start",
        arguments: [
            (
                "smtpd_recipient_restrictions = reject_rbl_client zen.example",
                "smtpd_recipient_restrictions: Martlet has no reject_rbl_client yet"
            ),
            (
                "smtpd_client_restrictions = reject_everybody",
                "smtpd_client_restrictions: there is no restriction named reject_everybody"
            ),
            (
                "smtpd_client_restrictions = check_client_access",
                "smtpd_client_restrictions: check_client_access wants the name of a table"
            ),
            ("smtpd_client_restrictions = check_client_access nosuch:x", "smtpd_client_restrictions: nosuch:x"),
            ("smtpd_client_restrictions = warn_if_reject", "smtpd_client_restrictions: warn_if_reject wants a restriction"),
            (
                "smtpd_relay_restrictions = permit_mynetworks",
                "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify"
            ),
            (
                "smtpd_relay_restrictions = warn_if_reject reject",
                "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify"
            ),
            ("smtpd_restriction_classes = greylist", "smtpd_restriction_classes: "),
            ("smtpd_forbidden_commands = hash:/x", "smtpd_forbidden_commands: "),
            ("martlet_resolver_config = nonsense", "martlet_resolver_config: "),
        ])
    func refusesToStart(_ line: String, _ message: String) {
        do {
            _ = try SMTPServerSettings(TestServer.configuration([line]), share: nil, warn: { _ in })
            Issue.record("\(line) was accepted")
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }
}
