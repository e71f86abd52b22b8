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
