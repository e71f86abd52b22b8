internal import CPlatform
internal import Configuration
internal import Glibc
internal import Mail
internal import MailLog
internal import Platform
internal import Wire

/// `pid/control`: where `martlet status`, `reload` and `upgrade` ask master, and are answered.
///
/// Root, and the user as whom master runs, may do everything; mail_owner may look. *Failure:* a malformed or slow client is closed,
/// nobody else notices; without the socket master serves mail all the same, and signals work.
struct ControlSocket {
    /// Longer than any command.
    private static let inputLimit = 256
    private static let clientLimit = 16
    /// For the command, and for reading the answer.
    private static let patience: Duration = .seconds(2)

    struct Client {
        var descriptor: Int32
        var mayChange: Bool
        var input: [UInt8] = []
        var output: [UInt8] = []
        /// It has asked, and waits for us: until then nothing is read.
        var isWaiting = false
        var deadline: Duration
    }

    private(set) var descriptor: Int32 = -1
    private(set) var clients: [Client] = []
    private let path: String

    init(path: String) { self.path = path }

    /// - Parameter inherited: the open socket of the master before; -1: there is none.
    mutating func open(accounts: SuiteAccounts?, inherited: Int32 = -1) {
        if inherited >= 0, Endpoint.unix(path: path, clients: .owner).isListening(inherited) {
            descriptor = inherited
            return
        }
        do throws(SystemError) {
            descriptor = try Endpoint.unix(path: path, clients: .owner).open(accounts: accounts)
        } catch {
            Log.warning("martlet status and upgrade will not work: \(error)")
        }
    }

    /// The client that asked for the upgrade of which this process is the outcome.
    mutating func adopt(client descriptor: Int32, at now: Duration) {
        guard descriptor >= 0, martlet_is_socket(descriptor) == 1 else { return }
        _ = martlet_keep_over_exec(descriptor, 0)
        clients.append(
            Client(descriptor: descriptor, mayChange: true, isWaiting: true, deadline: now + Self.patience))
    }

    /// Descriptors to be polled, and for what.
    var interests: [(descriptor: Int32, events: Int16)] {
        var all: [(descriptor: Int32, events: Int16)] = []
        if descriptor >= 0, clients.count < Self.clientLimit { all.append((descriptor, Int16(POLLIN))) }
        for client in clients where !client.output.isEmpty || !client.isWaiting {
            all.append((client.descriptor, Int16(client.output.isEmpty ? POLLIN : POLLOUT)))
        }
        return all
    }

    var nextDeadline: Duration? { clients.filter { !$0.isWaiting }.map(\.deadline).min() }

    /// - Parameter owner: mail_owner's uid.
    mutating func accept(owner: UInt32?, at now: Duration) {
        var user: UInt32 = .max
        let client = unsafe martlet_accept(descriptor, &user)
        guard client >= 0 else { return }
        let isOurs = user == 0 || user == geteuid()
        guard isOurs || user == owner else {
            Log.warning("uid \(user) may not ask master: refused")
            close(client)
            return
        }
        clients.append(Client(descriptor: client, mayChange: isOurs, deadline: now + Self.patience))
    }

    /// Reads from a client or writes to it. A command that is complete is returned.
    mutating func serve(_ descriptor: Int32) -> MasterCommand.Action? {
        guard let index = clients.firstIndex(where: { $0.descriptor == descriptor }) else { return nil }
        if !clients[index].output.isEmpty {
            write(index)
            return nil
        }
        var buffer = [UInt8](repeating: 0, count: Self.inputLimit)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EAGAIN || errno == EINTR { return nil }
        guard count > 0 else {
            drop(index)
            return nil
        }
        clients[index].input += buffer[..<count]
        do throws(DecodingFailure) {
            guard let command = try Self.command(clients[index].input) else { return nil }
            guard command.action == .status || clients[index].mayChange else {
                answer(descriptor, MasterResult(error: "only root may do this"))
                return nil
            }
            clients[index].isWaiting = true
            return command.action
        } catch {
            Log.warning("malformed command on \(path): \(error)")
            drop(index)
            return nil
        }
    }

    /// nil: more must come.
    static func command(_ input: [UInt8]) throws(DecodingFailure) -> MasterCommand? {
        guard input.count >= WireFrameHeader.length else { return nil }
        let header = try WireFrameHeader(decoding: Array(input[..<WireFrameHeader.length]))
        guard header.payloadLength == 0, Int(header.messageLength) <= inputLimit - WireFrameHeader.length else {
            throw DecodingFailure("\(header.messageLength) and \(header.payloadLength) bytes are no command")
        }
        let length = WireFrameHeader.length + Int(header.messageLength)
        guard input.count >= length else { return nil }
        guard input.count == length else { throw DecodingFailure("bytes behind a command") }
        return try MasterCommand(header: header, message: Array(input[WireFrameHeader.length..<length]))
    }

    mutating func answer(_ descriptor: Int32, _ message: some WireMessage) {
        guard let index = clients.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        clients[index].output = message.frame()
        clients[index].isWaiting = false
        write(index)
    }

    private mutating func write(_ index: Int) {
        let client = clients[index]
        let count = unsafe client.output.withUnsafeBytes { bytes in
            unsafe send(client.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0, count < client.output.count else { return drop(index) }
        clients[index].output.removeFirst(count)
    }

    mutating func dropOverdue(at now: Duration) {
        for index in clients.indices.reversed() where !clients[index].isWaiting && now >= clients[index].deadline {
            drop(index)
        }
    }

    private mutating func drop(_ index: Int) {
        close(clients[index].descriptor)
        clients.remove(at: index)
    }
}

extension Endpoint {
    /// Whether the descriptor is a socket that listens at this path, as it was bound.
    fileprivate func isListening(_ descriptor: Int32) -> Bool {
        guard case .unix(let path, _) = self, case .unix(let bound, _)? = Endpoint(listening: descriptor) else { return false }
        var status = stat()
        return unsafe path == bound && lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }
}
