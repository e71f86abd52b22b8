internal import CPlatform
internal import Configuration

/// What this kernel does not have of martlet_sandbox: said once, by master; the programs go on without it.
enum KernelGaps {
    static func found(_ wanted: Sandbox) -> [String] {
        var gaps: [String] = []
        if wanted.contains(.landlock) {
            let version = martlet_landlock_version()
            if version == 0 {
                gaps.append(
                    "this kernel has no Landlock, or it is switched off: the programs' files are confined by their users only")
            } else if version < 4 {
                gaps.append(
                    "this kernel's Landlock (version \(version)) knows files only: TCP ports and signals are not confined")
            }
        }
        if wanted.contains(.seccomp), martlet_has_seccomp() != 1 {
            gaps.append("this kernel has no seccomp: the programs' system calls are not confined")
        }
        return gaps
    }
}
