import Glibc
import Testing

@testable import MailLog

@Suite("log lines")
struct LineSinkTests {
    private static func temporaryPath() -> String {
        "/tmp/martlet-log-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    }

    private static func contents(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY)
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    @Test("in a file: stamp, host, ident, severity word and text")
    func file() throws {
        let path = Self.temporaryPath()
        defer { unsafe unlink(path) }
        let sink = LineSink(.file(try LogFile.open(path)), ident: "postfix/smtpd", pid: 42, host: "mx")
        sink.write(.info, "connect from a[192.0.2.1]")
        sink.write(.warning, "one\ntwo\u{1b}[31m\u{7f}\t\u{9b}é")
        let lines = Self.contents(path).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            lines[0].wholeMatch(
                of: /[A-Z][a-z]{2} [ 123]\d \d\d:\d\d:\d\d mx postfix\/smtpd\[42\]: connect from a\[192.0.2.1\]/) != nil)
        #expect(lines[1].hasSuffix(" mx postfix/smtpd[42]: warning: one?two?[31m???é"))
    }

    @Test("two programs may write to one file")
    func shared() throws {
        let path = Self.temporaryPath()
        defer { unsafe unlink(path) }
        let first = LineSink(.file(try LogFile.open(path)), ident: "a")
        let second = LineSink(.file(try LogFile.open(path)), ident: "b")
        for _ in 0..<50 {
            first.write(.info, "x")
            second.write(.info, "x")
        }
        #expect(Self.contents(path).split(separator: "\n").count == 100)
    }

    @Test("a file that cannot be opened is named")
    func unopenable() {
        #expect(throws: LogError.self) { try LogFile.open("/nonexistent/mail.log") }
    }

    @Test("an unknown facility is refused")
    func facility() {
        #expect(throws: LogError.self) { try Log.open(LogSettings(name: "postfix", program: "x", facility: "post")) }
        #expect(SyslogFacility("local6")?.priority(.fatal) == 22 * 8 + 2)
    }

    @Test("an over-long line is cut")
    func long() throws {
        let path = Self.temporaryPath()
        defer { unsafe unlink(path) }
        LineSink(.file(try LogFile.open(path)), ident: "a").write(.info, String(repeating: "x", count: 10_000))
        #expect(Self.contents(path).utf8.count < LineSink.maximumText + 100)
    }

    @Test("to syslog: priority, stamp, ident; what is lost while nobody listens is counted")
    func syslog() throws {
        let path = Self.temporaryPath()
        defer { unsafe unlink(path) }
        var receiver = try #require(SyslogReceiver(path))
        let facility = try #require(SyslogFacility("mail"))
        let sink = LineSink(.syslog(facility, path: path), ident: "postfix/qmgr", pid: 7)
        sink.write(.info, "removed")
        #expect(receiver.next()?.wholeMatch(of: /<22>[A-Z][a-z]{2} [ 123]\d \d\d:\d\d:\d\d postfix\/qmgr\[7\]: removed/) != nil)
        receiver.close()
        sink.write(.info, "into the void")
        sink.write(.info, "into the void")
        receiver = try #require(SyslogReceiver(path))
        // The sink looks for the socket again after a second.
        var line: String?
        for _ in 0..<300 where line == nil {
            sink.write(.error, "back")
            line = receiver.next()
            if line == nil { usleep(10_000) }
        }
        #expect(line?.contains("<20>") == true && line?.contains("log lines were lost") == true)
        #expect(receiver.next()?.hasSuffix("postfix/qmgr[7]: error: back") == true)
        receiver.close()
    }
}

/// A datagram socket in the place of /dev/log.
private struct SyslogReceiver {
    private let path: String
    private let descriptor: Int32

    init?(_ path: String) {
        self.path = path
        unsafe unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) }
        }
        guard bound == 0 else { return nil }
    }

    func next() -> String? {
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    func close() { Glibc.close(descriptor) }
}
