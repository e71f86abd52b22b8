import CPlatform
import Platform

#if canImport(Glibc)
    import Glibc
#endif

extension SystemError {
    static let missing = ENOENT
    /// ENOENT
    var isMissing: Bool { code == ENOENT }
    /// ENOSPC, EDQUOT
    var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }
}
