import CPlatform
import Platform

#if canImport(Glibc)
    import Glibc
#endif

extension SystemError {
    /// ENOENT
    var isMissing: Bool { code == ENOENT }
    /// EEXIST
    var exists: Bool { code == EEXIST }
    /// ENOSPC, EDQUOT
    var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }
}
