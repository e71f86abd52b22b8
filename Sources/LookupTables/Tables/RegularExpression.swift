internal import Configuration
internal import Glibc

/// A compiled expression of the C library (regcomp(3)). Immutable, so that any thread may match with it.
@safe final class RegularExpression: Sendable {
    /// As many as `$1` to `$99` could name.
    private static let maximumGroups = 100
    /// REG_NOMATCH of regex.h, which is an enumeration there.
    private static let noMatch: Int32 = 1
    nonisolated(unsafe) private let compiled: UnsafeMutablePointer<regex_t>
    private let groupCount: Int

    /// - Parameter flags: `i` toggles case (default: ignored), `m` multi-line (default: off), `x` extended (default: on).
    init(_ pattern: String, flags: Substring) throws(ConfigurationError) {
        var options = REG_EXTENDED | REG_ICASE
        for flag in flags {
            switch flag {
            case "i": options ^= REG_ICASE
            case "m": options ^= REG_NEWLINE
            case "x": options ^= REG_EXTENDED
            default: throw ConfigurationError("unknown flag \"\(flag)\" behind an expression: it may be i, m or x")
            }
        }
        let memory = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        unsafe memory.initialize(to: regex_t())
        let code = unsafe regcomp(memory, pattern, options)
        guard code == 0 else {
            let text = unsafe Self.errorText(code, memory)
            unsafe memory.deallocate()
            throw ConfigurationError("the expression \(pattern) is wrong: \(text)")
        }
        unsafe compiled = memory
        groupCount = min(unsafe Int(memory.pointee.re_nsub) + 1, Self.maximumGroups)
    }

    deinit {
        unsafe regfree(compiled)
        unsafe compiled.deallocate()
    }

    /// What the expression and its groups matched; nil when it does not match.
    func match(_ text: String, table: String) throws(LookupError) -> [String?]? {
        var found = [regmatch_t](repeating: regmatch_t(), count: groupCount)
        let code = unsafe found.withUnsafeMutableBufferPointer { unsafe regexec(compiled, text, groupCount, $0.baseAddress, 0) }
        if code == Self.noMatch { return nil }
        guard code == 0 else { throw LookupError(table: table, message: unsafe Self.errorText(code, compiled)) }
        let bytes = Array(text.utf8)
        return found.map { group in
            let range = Int(group.rm_so)..<max(Int(group.rm_so), Int(group.rm_eo))
            guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
            return String(decoding: bytes[range], as: UTF8.self)
        }
    }

    private static func errorText(_ code: Int32, _ compiled: UnsafeMutablePointer<regex_t>) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        unsafe buffer.withUnsafeMutableBufferPointer { _ = unsafe regerror(code, compiled, $0.baseAddress, $0.count) }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
