internal import CPlatform
internal import Mail
internal import Platform

/// The binary form: `"MARTHAND" | version (u16) | length (u32) | CRC-32C (u32) | fields`, little-endian.
///
/// *Failure:* what is short, too long, damaged or of another version throws; no bytes trap. The successor reads it before the old
/// master gives its place up (``SuccessorCheck``), so that a successor that cannot is refused.
extension HandOver {
    static let version: UInt16 = 1
    /// More than any master knows; a lying length does not fill memory.
    static let limit = 4 << 20
    private static let mark = Array("MARTHAND".utf8)
    private static let seed: UInt32 = 0x4d41_5354

    var encoded: [UInt8] {
        var body = ByteWriter()
        encode(into: &body)
        var writer = ByteWriter()
        writer.writeRaw(Self.mark)
        writer.write(Self.version)
        writer.write(UInt32(body.bytes.count))
        writer.write(Self.checksum(body.bytes))
        writer.writeRaw(body.bytes)
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        guard Array(try reader.readRaw(Self.mark.count)) == Self.mark else { throw DecodingFailure("it is no master's") }
        let version = try reader.read(UInt16.self)
        guard version == Self.version else {
            throw DecodingFailure("it has version \(version), and this program reads version \(Self.version)")
        }
        let length = Int(try reader.read(UInt32.self))
        let sum = try reader.read(UInt32.self)
        guard length == reader.remaining else { throw DecodingFailure("\(reader.remaining) bytes, and not \(length)") }
        let body = Array(try reader.readRaw(length))
        guard Self.checksum(body) == sum else { throw DecodingFailure("its checksum is wrong") }
        var fields = ByteReader(body)
        self = try HandOver(from: &fields)
        try fields.finish()
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe martlet_crc32c(seed, $0.baseAddress, $0.count) }
    }

    private func encode(into writer: inout ByteWriter) {
        writer.write(queueDirectory)
        writer.write(dataDirectory)
        writer.write(pidFile)
        writer.write(generation)
        writer.write(upgrades)
        writer.write(started)
        writer.write(lock)
        writer.write(control)
        writer.write(client)
        writer.write(listeners)
        writer.write(services)
        writer.write(retired)
        writer.write(crashes)
    }

    private init(from reader: inout ByteReader) throws(DecodingFailure) {
        queueDirectory = try reader.read(String.self)
        dataDirectory = try reader.read(String.self)
        pidFile = try reader.read(String.self)
        generation = try reader.read(UInt32.self)
        upgrades = try reader.read(UInt32.self)
        started = try reader.read(Duration.self)
        lock = try reader.read(Int32.self)
        control = try reader.read(Int32.self)
        client = try reader.read(Int32.self)
        listeners = try reader.read([Listener].self)
        services = try reader.read([ServiceRecord].self)
        retired = try reader.read([ServiceRecord].self)
        crashes = try reader.read(CrashBook.self)
        guard generation < .max, upgrades < .max else { throw DecodingFailure("it counts too far") }
    }
}

extension HandOver.Listener: ByteCodable {
    func encode(into writer: inout ByteWriter) {
        writer.write(endpoint)
        writer.write(descriptor)
    }
    init(from reader: inout ByteReader) throws(DecodingFailure) {
        endpoint = try reader.read(Endpoint.self)
        descriptor = try reader.read(Int32.self)
    }
}

extension Endpoint: ByteCodable {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .inet(let address, let port):
            writer.write(UInt8(1))
            writer.write(address)
            writer.write(port)
        case .unix(let path, let clients):
            writer.write(UInt8(2))
            writer.write(path)
            writer.write(clients.rawValue)
        }
    }
    init(from reader: inout ByteReader) throws(DecodingFailure) {
        switch try reader.read(UInt8.self) {
        case 1:
            let address = try reader.read([UInt8].self)
            guard address.count == 4 || address.count == 16 else {
                throw DecodingFailure("an address of \(address.count) bytes")
            }
            self = .inet(address: address, port: try reader.read(UInt16.self))
        case 2:
            let path = try reader.read(String.self)
            guard let clients = SocketClients(rawValue: try reader.read(String.self)) else {
                throw DecodingFailure("a socket for clients that are not known")
            }
            self = .unix(path: path, clients: clients)
        case let other: throw DecodingFailure("\(other) is no kind of endpoint")
        }
    }
}

extension HandOver.ServiceRecord: ByteCodable {
    func encode(into writer: inout ByteWriter) {
        writer.write(plan)
        writer.write(generation)
        writer.write(crashes)
        writer.write(badStarts)
        writer.write(workers)
    }
    init(from reader: inout ByteReader) throws(DecodingFailure) {
        plan = try reader.read(ServicePlan.self)
        generation = try reader.read(UInt32.self)
        crashes = try reader.read(UInt64.self)
        badStarts = try reader.read(UInt64.self)
        workers = try reader.read([Worker].self)
    }
}

extension ServicePlan: ByteCodable {
    func encode(into writer: inout ByteWriter) {
        writer.write(key.name)
        writer.write(key.kind)
        writer.write(path)
        writer.write(arguments)
        writer.write(endpoints)
        writer.write(isPersistent)
        writer.write(isWokenAtStart)
        writer.write(Int64(sessionLimit ?? -1))
        writer.write(Int64(workerShare ?? -1))
        writer.write(UInt8(stopStage.rawValue))
    }
    init(from reader: inout ByteReader) throws(DecodingFailure) {
        key = Key(name: try reader.read(String.self), kind: try reader.read(String.self))
        path = try reader.read(String.self)
        arguments = try reader.read([String].self)
        endpoints = try reader.read([Endpoint].self)
        isPersistent = try reader.read(Bool.self)
        isWokenAtStart = try reader.read(Bool.self)
        sessionLimit = try Self.count(&reader)
        workerShare = try Self.count(&reader)
        guard let stage = StopStage(rawValue: Int(try reader.read(UInt8.self))) else { throw DecodingFailure("no such stage") }
        stopStage = stage
    }
    private static func count(_ reader: inout ByteReader) throws(DecodingFailure) -> Int? {
        let number = try reader.read(Int64.self)
        guard number >= -1, number <= Int64(Int32.max) else { throw DecodingFailure("a limit of \(number)") }
        return number < 0 ? nil : Int(number)
    }
}

extension Worker: ByteCodable {
    func encode(into writer: inout ByteWriter) {
        writer.write(process)
        writer.write(lifeline)
        writer.write(breadcrumb)
        writer.write(generation)
        writer.write(Int64(share ?? -1))
        writer.write(started)
        writer.write(state.rawValue)
        writer.write(servedSince)
        writer.write(watchdog)
        writer.write(isDraining)
        writer.write(isKilled)
        writer.write(tables.map { TableWord(file: $0) })
    }
    init(from reader: inout ByteReader) throws(DecodingFailure) {
        let process = try reader.read(Int32.self)
        // Negative numbers and 1 mean others than a child to kill(2).
        guard process > 1 else { throw DecodingFailure("\(process) is no child") }
        let lifeline = try reader.read(Int32.self)
        let breadcrumb = try reader.read(Int32.self)
        let generation = try reader.read(UInt32.self)
        let share = try reader.read(Int64.self)
        guard share >= -1, share <= Int64(Int32.max) else { throw DecodingFailure("a share of \(share)") }
        self.init(
            process: process, lifeline: lifeline, generation: generation, share: share < 0 ? nil : Int(share),
            started: try reader.read(Duration.self))
        self.breadcrumb = breadcrumb
        state = try reader.readCase()
        servedSince = try reader.read(Duration?.self)
        watchdog = try reader.read(Duration?.self)
        isDraining = try reader.read(Bool.self)
        isKilled = try reader.read(Bool.self)
        tables = try reader.read([TableWord].self).map(\.file)
    }
}

/// A watched table in the form in which a worker reports it.
private struct TableWord: ByteCodable {
    var file: WatchedFile
    init(file: WatchedFile) { self.file = file }
    func encode(into writer: inout ByteWriter) { writer.write(file.word ?? "") }
    init(from reader: inout ByteReader) throws(DecodingFailure) {
        guard let file = WatchedFile(word: try reader.read(String.self)) else { throw DecodingFailure("no table") }
        self.file = file
    }
}

extension CrashBook: ByteCodable {
    private struct Entry<Key: ByteCodable>: ByteCodable {
        var key: Key
        var mark: Mark
        init(key: Key, mark: Mark) {
            self.key = key
            self.mark = mark
        }
        func encode(into writer: inout ByteWriter) {
            writer.write(key)
            writer.write(mark.count)
            writer.write(mark.last)
        }
        init(from reader: inout ByteReader) throws(DecodingFailure) {
            key = try Key(from: &reader)
            mark = Mark(count: try reader.read(UInt32.self), last: try reader.read(Duration.self))
        }
    }
    private struct Bytes: ByteCodable {
        var bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }
        func encode(into writer: inout ByteWriter) { writer.write(bytes) }
        init(from reader: inout ByteReader) throws(DecodingFailure) { bytes = try reader.read([UInt8].self) }
    }

    func encode(into writer: inout ByteWriter) {
        writer.write(messages.map { Entry(key: $0.key, mark: $0.value) })
        writer.write(clients.map { Entry(key: Bytes($0.key), mark: $0.value) })
        writer.write(index.count)
        writer.write(index.last)
        writer.write(toHold)
        writer.write(rebuildsIndex)
    }
    init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init()
        for entry in try reader.read([Entry<String>].self) { messages[entry.key] = entry.mark }
        for entry in try reader.read([Entry<Bytes>].self) { clients[entry.key.bytes] = entry.mark }
        index = Mark(count: try reader.read(UInt32.self), last: try reader.read(Duration.self))
        toHold = try reader.read([String].self)
        rebuildsIndex = try reader.read(Bool.self)
    }
}
