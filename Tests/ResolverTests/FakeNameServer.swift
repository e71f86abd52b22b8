import Glibc
import Synchronization

/// A name server on a loopback port with a table of answers, on a thread of its own.
final class FakeNameServer: Sendable {
    enum Reply: Sendable {
        /// Each record's data on the wire; an empty list is NODATA.
        case records([[UInt8]])
        /// A CNAME to the target, whose records are given too.
        case alias(String, [[UInt8]])
        case nameError
        case serverFailure
        case silence
    }

    let port: UInt16
    private let descriptor: Int32
    private let table: [String: Reply]
    private let asked = Mutex(0)

    /// Keys are `name TYPE`; a name without any entry does not exist, one with entries of other types has no data.
    init(_ table: [String: Reply]) {
        self.table = table
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        precondition(bound, "a loopback port for the name server")
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
        var thread = pthread_t()
        unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<FakeNameServer>.fromOpaque(context).takeRetainedValue().serve()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }

    /// Questions that came.
    var questions: Int { asked.withLock { $0 } }

    private func serve() {
        while true {
            var buffer = [UInt8](repeating: 0, count: 4096)
            var peer = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let received = unsafe withUnsafeMutablePointer(to: &peer) { peer in
                unsafe peer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length)
                }
            }
            guard received > 12, let reply = answer(Array(buffer.prefix(received))) else { continue }
            _ = unsafe withUnsafePointer(to: &peer) { peer in
                unsafe peer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe sendto(descriptor, reply, reply.count, 0, $0, length)
                }
            }
        }
    }

    private func answer(_ question: [UInt8]) -> [UInt8]? {
        self.asked.withLock { $0 += 1 }
        var labels: [String] = []
        var index = 12
        while question[index] != 0 {
            labels.append(String(decoding: question[(index + 1)...(index + Int(question[index]))], as: UTF8.self))
            index += Int(question[index]) + 1
        }
        let name = labels.joined(separator: ".").lowercased()
        let type = UInt16(question[index + 1]) << 8 | UInt16(question[index + 2])
        let asked = question[12..<(index + 5)]
        let known = table.keys.contains { $0.hasPrefix(name + " ") }
        switch table["\(name) \(Self.typeName(type))"] ?? (known ? .records([]) : .nameError) {
        case .silence: return nil
        case .serverFailure: return Self.header(question, code: 2, answers: 0) + asked
        case .nameError: return Self.header(question, code: 3, answers: 0) + asked
        case .records(let records):
            return records.reduce(Self.header(question, code: 0, answers: records.count) + asked) {
                $0 + Self.record([0xc0, 12], type, $1)
            }
        case .alias(let target, let records):
            let start = Self.header(question, code: 0, answers: records.count + 1) + asked
            let alias = start + Self.record([0xc0, 12], 5, Self.encoded(target))
            return records.reduce(alias) { $0 + Self.record(Self.encoded(target), type, $1) }
        }
    }

    private static func header(_ question: [UInt8], code: UInt8, answers: Int) -> [UInt8] {
        question[0..<2] + [0x85, 0x80 | code, 0, 1, UInt8(answers >> 8), UInt8(answers & 255), 0, 0, 0, 0]
    }

    private static func record(_ name: [UInt8], _ type: UInt16, _ data: [UInt8]) -> [UInt8] {
        name + [UInt8(type >> 8), UInt8(type & 255), 0, 1, 0, 0, 1, 44, UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }

    static func encoded(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private static func typeName(_ type: UInt16) -> String {
        [1: "A", 5: "CNAME", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA"][type] ?? "\(type)"
    }
}
