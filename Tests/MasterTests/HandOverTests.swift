import Mail
import Platform
import Testing

@testable import Master

@Suite("what a master hands over to its successor")
struct HandOverTests {
    static let state: HandOver = {
        var worker = Worker(process: 1234, lifeline: 9, generation: 3, share: 50, started: .seconds(77))
        worker.breadcrumb = 10
        worker.state = .serving
        worker.servedSince = .milliseconds(77_500)
        worker.watchdog = .seconds(100)
        worker.isDraining = true
        var signature = WatchedFile.Signature()
        signature.inode = 5
        worker.tables = [WatchedFile(name: "hash:/etc/aliases", path: "/etc/aliases.lmdb", signature: signature)]
        let plan = ServicePlan(
            key: .init(name: "smtp", kind: "inet"), path: "/usr/lib/martlet/smtpd", arguments: ["-n", "smtp"],
            endpoints: [.inet(address: [127, 0, 0, 1], port: 25), .unix(path: "public/x", clients: .everybody)],
            isPersistent: false,
            isWokenAtStart: true, sessionLimit: 100, workerShare: nil, stopStage: .writers)
        var crashes = CrashBook()
        var reading = BreadcrumbReading()
        reading.activity = .session
        reading.isOver = false
        reading.message = "4abc"
        reading.client = [192, 0, 2, 1]
        _ = crashes.crashed(reading, program: "smtpd", at: .seconds(5))
        _ = crashes.crashed(reading, program: "smtpd", at: .seconds(6))
        return HandOver(
            queueDirectory: "/var/spool/martlet", dataDirectory: "/var/lib/martlet", pidFile: "/run/master.pid", generation: 4,
            upgrades: 1, started: .seconds(1), lock: 3, control: 4, client: -1,
            listeners: [.init(endpoint: .inet(address: [127, 0, 0, 1], port: 25), descriptor: 7)],
            services: [.init(plan: plan, generation: 4, crashes: 2, badStarts: 1, workers: [worker])], retired: [],
            crashes: crashes)
    }()

    @Test("it comes back as it was")
    func roundTrip() throws {
        let read = try HandOver(decoding: Self.state.encoded)
        #expect(read == Self.state)
    }

    @Test("no damage is taken for a state, and none traps")
    func damage() {
        let whole = Self.state.encoded
        for length in whole.indices {
            #expect(throws: DecodingFailure.self) { try HandOver(decoding: Array(whole[..<length])) }
        }
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= 0x41
            #expect(throws: DecodingFailure.self) { try HandOver(decoding: bytes) }
        }
        #expect(throws: DecodingFailure.self) { try HandOver(decoding: whole + [0]) }
    }

    @Test("another version is named")
    func version() {
        var bytes = Self.state.encoded
        bytes[8] = 9
        #expect(throws: DecodingFailure("it has version 9, and this program reads version 1")) { try HandOver(decoding: bytes) }
    }
}

@Suite("what follows from crashes")
struct CrashBookTests {
    private static func reading(_ message: String? = nil, client: [UInt8] = [], isOver: Bool = false) -> BreadcrumbReading {
        var reading = BreadcrumbReading()
        reading.activity = .session
        reading.isOver = isOver
        reading.message = message
        reading.client = client
        return reading
    }

    @Test("only the second crash at the same thing, and only while it was at it")
    func second() {
        var book = CrashBook()
        let first = book.crashed(Self.reading("a", client: [1, 2, 3, 4]), program: "smtpd", at: .seconds(1))
        #expect(first.isEmpty)
        let other = book.crashed(Self.reading("b", client: [1, 2, 3, 5]), program: "smtpd", at: .seconds(2))
        #expect(other.isEmpty)
        let over = book.crashed(Self.reading("a", client: [1, 2, 3, 4], isOver: true), program: "smtpd", at: .seconds(3))
        #expect(over.isEmpty)
        let again = book.crashed(Self.reading("a", client: [1, 2, 3, 4]), program: "smtpd", at: .seconds(4))
        #expect(again == [.hold("a"), .isolate([1, 2, 3, 4])])
        #expect(book.toHold == ["a"])
        #expect(book.isolatedClients(at: .seconds(5)) == [[1, 2, 3, 4]])
        #expect(book.isolatedClients(at: .seconds(3605)).isEmpty)
        book.wasHeld("a")
        #expect(book.toHold.isEmpty)
    }

    @Test("a day later it is forgotten; there is a limit")
    func bounds() {
        var book = CrashBook()
        _ = book.crashed(Self.reading("a"), program: "qmgr", at: .seconds(1))
        let late = book.crashed(Self.reading("a"), program: "qmgr", at: .seconds(90_000))
        #expect(late.isEmpty)
        for number in 0..<1000 { _ = book.crashed(Self.reading("m\(number)"), program: "qmgr", at: .seconds(90_001)) }
        #expect(book.messages.count == CrashBook.limit)
    }
}
