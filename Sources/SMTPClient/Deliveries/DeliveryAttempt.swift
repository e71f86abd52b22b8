internal import DaemonKit
internal import Mail
internal import MailLog
internal import Platform
internal import SMTPProtocol
internal import Spool
internal import Wire

/// One delivery: finds servers, takes or opens a connection, hands the message over, and asks the next server for those
/// recipients that this one could not decide about.
///
/// Driven by callbacks; a task exists only while names are looked up.
/// *Failure:* each recipient gets a status; in doubt it is temporary. A next hop that no server of could be used is reported as such.
@EventLoopActor
final class DeliveryAttempt {
    private let delivery: Delivery
    private let client: SMTPClient
    /// Recipients without a status.
    private var remaining: [RequestedRecipient]
    /// The recipients of the transaction under way, in its order.
    private var inTransaction: [RequestedRecipient] = []
    private var destinations: [String]
    private var hosts: [MailHost] = []
    private var port: UInt16 = 0
    private var bestPreference: UInt16 = 0
    /// Servers of the present destination that got as far as a transaction.
    private var sessions = 0
    /// A kept connection turned out to be over: it was one too many.
    private var avoidsKept = false
    /// The host at the other end of the kept connection with which this began, before any look-up.
    private var keptHost: MailHost?
    /// What that host said to recipients that another one may be asked about.
    private var keptWords: [UInt32: (status: DeliveryStatus, relay: String)] = [:]
    /// Why the last server, or the search for one, was of no use.
    private var lastFailure = (
        status: DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "server unavailable or unable to receive mail"),
        relay: "none"
    )

    init(_ delivery: Delivery, _ client: SMTPClient) {
        self.delivery = delivery
        self.client = client
        remaining = delivery.request.recipients
        destinations = delivery.request.nextHop.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
        for relay in client.settings.fallbackRelays where !destinations.contains(relay) { destinations.append(relay) }
    }

    func start() {
        client.contents.retire(delivery.request.retiredFiles)
        guard !remaining.isEmpty else { return delivery.finish() }
        if !useKept(nil) { nextDestination() }
    }

    /// Takes an idle connection, to any of the best hosts or to this one.
    private func useKept(_ host: MailHost?) -> Bool {
        guard !avoidsKept,
            let kept = client.pool.take(ConnectionKey(nextHop: delivery.request.nextHop, address: host?.address))
        else { return false }
        if host == nil { keptHost = kept.host }
        kept.onStep = { self.take($0, from: $1) }
        begin(kept)
        return true
    }

    // MARK: Which server

    private func nextDestination() {
        guard !destinations.isEmpty else { return exhausted() }
        let text = destinations.removeFirst()
        sessions = 0
        guard let destination = Destination(text, defaultPort: client.settings.hosts.defaultPort) else {
            Log.warning(
                "\(delivery.request.envelope.queueID): \"\(text)\" is no next hop; use domain, host:port, [host] or [host]:port"
            )
            lastFailure = (
                DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 5), "mail system configuration error"), "none"
            )
            return nextDestination()
        }
        port = destination.port
        if let found = client.finder.literal(destination) { return take(found, text) }
        Task { take(await client.finder.find(destination), text) }
    }

    private func take(_ found: HostFinder.Found, _ destination: String) {
        switch found {
        case .hosts(let list, let isFinal):
            let limit = client.settings.hosts.addressLimit
            hosts = limit > 0 ? Array(list.prefix(limit)) : list
            bestPreference = list.first?.preference ?? 0
            if isFinal { destinations = [] }
            if !keptWords.isEmpty { hosts.removeAll { $0.address == keptHost?.address } }
            nextHost()
        case .failure(var status, let isFinal):
            // What is written in main.cf is more often mistaken than the name of a sender's correspondent.
            let settings = client.settings
            let isOwn = destination == settings.relayhost || settings.fallbackRelays.contains(destination)
            if isOwn, status.outcome == .bounced {
                Log.warning("\(destination == settings.relayhost ? "relayhost" : "smtp_fallback_relay") configuration problem")
                status.outcome = .deferred
                status.code = EnhancedStatus(.temporary, 3, 5)
            }
            lastFailure = (status, "none")
            if isFinal { destinations = [] }
            nextDestination()
        }
    }

    private func nextHost() {
        guard !hosts.isEmpty else { return nextDestination() }
        let host = hosts.removeFirst()
        let isBest = host.preference == bestPreference
        if !isBest, useKept(host) { return }
        let port = port
        client.connector.connect(
            to: host, port: port, isBest: isBest, isOnly: isBest && isLastServer, onStep: { self.take($0, from: $1) },
            completion: { self.connected($0, host, port) })
    }

    private func connected(_ result: Result<SMTPConnection, ConnectFailure>, _ host: MailHost, _ port: UInt16) {
        switch result {
        case .success(let connection): client.pool.add(connection)
        case .failure(let failure):
            let text = "connect to \(Connector.relay(host, port)): \(failure.reason)"
            Log.info(text)
            lastFailure = (DeliveryStatus(.deferred, EnhancedStatus(.temporary, 4, 1), text), "none")
            keptWords = [:]
            nextHost()
        }
    }

    /// No server is left that could be asked.
    private var isLastServer: Bool { hosts.isEmpty && destinations.isEmpty }

    private func isLastServer(_ connection: SMTPConnection) -> Bool {
        // Before a look-up it is not known who else there is, but it was when the connection was made.
        isLastServer || (connection.host == keptHost && connection.isOnly)
    }

    // MARK: What a server says

    private func take(_ step: ClientStep, from connection: SMTPConnection) {
        settle(step.verdicts, connection)
        switch step.action {
        case .wait, .send: break
        case .ready:
            sessions += 1
            // smtp_mx_session_limit: enough servers have been asked.
            if sessions == client.settings.sessionLimit { hosts = [] }
            begin(connection)
        case .sendContent:
            ContentSender.send(
                delivery.request.content, of: delivery.request.envelope.queueID, from: client.contents, over: connection)
        case .finished:
            client.pool.give(connection, delivery.request.nextHop)
            continueElsewhere(siteFailure: nil)
        case .stale:
            connection.close()
            inTransaction = []
            avoidsKept = true
            keptHost = nil
            if connection.isBest {
                nextDestination()
            } else {
                hosts.insert(connection.host, at: 0)
                nextHost()
            }
        case .failed(let status, let mayRetryElsewhere):
            failed(status, mayRetryElsewhere, connection)
        case .aborted: continueElsewhere(siteFailure: nil)
        }
    }

    private func begin(_ connection: SMTPConnection) {
        delivery.connected = SystemTime().wall
        inTransaction = remaining
        connection.begin(transaction(for: connection))
    }

    private func transaction(for connection: SMTPConnection) -> ClientTransaction {
        let envelope = delivery.request.envelope
        var transaction = ClientTransaction(
            sender: envelope.sender, size: delivery.request.content.size, recipients: remaining.map(\.recipient))
        transaction.body = envelope.body
        transaction.smtpUTF8 = envelope.smtpUTF8
        transaction.envelopeID = envelope.envelopeID
        transaction.returnContent = envelope.returnContent
        transaction.isProbe = !envelope.trace.isDisjoint(with: [.probe, .verifyOnly])
        if !connection.features.smtpUTF8 { transaction.requiresSMTPUTF8 = requiresSMTPUTF8 }
        return transaction
    }

    /// Addresses outside ASCII always need it; a header outside ASCII when the sender said that it may be there.
    private var requiresSMTPUTF8: Bool {
        let envelope = delivery.request.envelope
        func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }
        guard isASCII(envelope.sender.internalForm), remaining.allSatisfy({ isASCII($0.recipient.address.internalForm) }) else {
            return true
        }
        guard envelope.smtpUTF8, let header = try? client.contents.loadHeader(delivery.request.content) else { return false }
        return header.contains { $0 >= 0x80 }
    }

    /// Reports what is decided, and keeps those recipients that another server may be asked about.
    private func settle(_ verdicts: [ClientVerdict], _ connection: SMTPConnection) {
        guard !verdicts.isEmpty else { return }
        var logged: String?
        var decided: Set<UInt32> = []
        for verdict in verdicts {
            let recipient = inTransaction[verdict.recipient]
            if verdict.mayRetryElsewhere, !isLastServer(connection) {
                if connection.host == keptHost { keptWords[recipient.ordinal] = (verdict.status, connection.relay) }
                if logged != verdict.status.text {
                    Log.info("\(delivery.request.envelope.queueID): \(verdict.status.text)")
                    logged = verdict.status.text
                }
            } else {
                delivery.report(recipient, verdict.status, relay: connection.relay, connectionUse: connection.uses)
                decided.insert(recipient.ordinal)
            }
        }
        if !decided.isEmpty { remaining.removeAll { decided.contains($0.ordinal) } }
    }

    private func failed(_ status: DeliveryStatus, _ mayRetryElsewhere: Bool, _ connection: SMTPConnection) {
        client.pool.discard(connection)
        lastFailure = (status, connection.relay)
        // Recipients of a transaction have had their verdicts; without one nobody has.
        if mayRetryElsewhere, !isLastServer(connection) {
            if connection.host != keptHost { keptWords = [:] }
            if inTransaction.isEmpty { Log.info("\(delivery.request.envelope.queueID): \(status.text)") }
            return continueElsewhere(siteFailure: nil)
        }
        for recipient in remaining { delivery.report(recipient, status, relay: connection.relay) }
        remaining = []
        continueElsewhere(siteFailure: status)
    }

    private func continueElsewhere(siteFailure: DeliveryStatus?) {
        inTransaction = []
        guard remaining.isEmpty else { return nextHost() }
        delivery.finish(siteFailure: siteFailure.flatMap { $0.outcome == .deferred ? $0 : nil })
    }

    private func exhausted() {
        var siteFailure: DeliveryStatus?
        for recipient in remaining {
            if let words = keptWords[recipient.ordinal] {
                delivery.report(recipient, words.status, relay: words.relay)
            } else {
                delivery.report(recipient, lastFailure.status, relay: lastFailure.relay)
                siteFailure = lastFailure.status
            }
        }
        remaining = []
        continueElsewhere(siteFailure: siteFailure)
    }
}
