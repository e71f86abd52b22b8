package import Mail
package import Platform

/// Where the parts of the spool lie under queue_directory, and what their files are called.
package struct SpoolDirectory: Equatable, Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    package var segments: String { path + "/segments" }
    package var journal: String { path + "/journal" }
    package var large: String { path + "/large" }
    package var index: String { path + "/index" }
    package var quarantine: String { path + "/quarantine" }

    package func segment(_ number: UInt64) -> String { segments + "/" + Self.name(number) + ".seg" }
    package func doneList(_ number: UInt64) -> String { segments + "/" + Self.name(number) + ".done" }
    package func journal(_ number: UInt64) -> String { journal + "/" + Self.name(number) + ".journal" }

    package func largeContent(_ name: SegmentNonce) -> String { path + "/" + Self.relativeLarge(name) }

    /// Segments and large contents: mail_owner writes, the agents' group reads.
    package static let readablePermissions: UInt32 = 0o640

    /// Makes the directories that are missing.
    package func prepare(_ fileSystem: any FileSystem) throws(SystemError) {
        let directories: [(String, UInt32)] = [
            (segments, 0o710), (large, 0o710), (journal, 0o700), (index, 0o700), (quarantine, 0o700),
        ]
        for (directory, permissions) in directories {
            do {
                try fileSystem.makeDirectory(directory, permissions: permissions)
            } catch  where error.code == SystemError.exists {
                continue
            }
        }
        try fileSystem.syncDirectory(path)
    }

    /// The numbers of all segments, lowest first.
    package func segmentNumbers(_ fileSystem: any FileSystem) throws(SystemError) -> [UInt64] {
        try fileSystem.list(segments).compactMap { Self.number(in: $0, extension: ".seg") }.sorted()
    }

    /// Above every number that a segment or a done list has. Numbers are never used again, so whoever removes segments leaves the
    /// one with the highest number.
    package func nextSegmentNumber(_ fileSystem: any FileSystem) throws(SystemError) -> UInt64 {
        var highest: UInt64 = 0
        for name in try fileSystem.list(segments) {
            let number = Self.number(in: name, extension: ".seg") ?? Self.number(in: name, extension: ".done") ?? 0
            highest = max(highest, number)
        }
        return highest + 1
    }

    /// A large content's file as ``ContentLocation`` names it.
    package static func relativeLarge(_ nonce: SegmentNonce) -> String { "large/" + name(nonce.high) + name(nonce.low) }

    /// The nonce that a file in large/ is named after; nil for every other file.
    package static func largeName(_ name: String) -> SegmentNonce? {
        guard name.utf8.count == 32, name.utf8.allSatisfy({ $0.isHexadecimalDigit }),
            let high = UInt64(name.prefix(16), radix: 16),
            let low = UInt64(name.suffix(16), radix: 16)
        else { return nil }
        return SegmentNonce(high: high, low: low)
    }

    /// A segment's file as ``ContentLocation`` and delivery requests name it: relative to queue_directory.
    package static func relativeSegment(_ number: UInt64) -> String { "segments/" + name(number) + ".seg" }

    /// Sixteen hexadecimal digits, so that names sort as numbers do.
    package static func name(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// The number in a file's name with this extension; nil for every other file.
    package static func number(in name: String, extension suffix: String) -> UInt64? {
        guard name.utf8.count == 16 + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
        let digits = name.prefix(16)
        guard digits.utf8.allSatisfy({ $0.isHexadecimalDigit }) else { return nil }
        return UInt64(digits, radix: 16)
    }
}

extension UInt8 {
    /// Lower case only: the spool writes no other.
    fileprivate var isHexadecimalDigit: Bool {
        self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") || self >= UInt8(ascii: "a") && self <= UInt8(ascii: "f")
    }
}
