import Foundation
import Mail
import Spool

/// A directory that goes with the value.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "martlet-delivery-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
    }
    func read(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
    func list(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + name).sorted()
    }

    /// A message as cleanup stores it: header block with its empty line, then the body.
    func store(_ header: String, _ body: String, file: String = "content") throws -> ContentLocation {
        let head = Array(header.utf8)
        let rest = Array(body.utf8)
        try Data(head + rest).write(to: URL(fileURLWithPath: path + "/" + file))
        return ContentLocation(
            file: file,
            header: ContentExtent(offset: 0, length: UInt64(head.count), crc: Checksum.crc(head, seed: 5), seed: 5),
            body: ContentExtent(
                offset: UInt64(head.count), length: UInt64(rest.count), crc: Checksum.crc(rest, seed: 6), seed: 6),
            bodyFile: nil, hasDotLines: false)
    }
}
