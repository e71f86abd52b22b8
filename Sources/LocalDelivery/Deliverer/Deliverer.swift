internal import CPlatform
internal import Glibc
internal import Platform

/// The program that touches users' files: started by `local` for one user, it gives up root for good before it reads a byte, then
/// serves requests on descriptor 3 until its parent closes it.
///
/// *Failure:* what is wrong with a delivery is its answer. What is wrong with the parent's frames, or with giving up root, ends the
/// process with a line on standard error; unanswered deliveries are deferred by the parent.
package enum Deliverer {
    static let channel: Int32 = 3

    package static func run() -> Never {
        guard let settings = DelivererSettings(Array(CommandLine.arguments.dropFirst())) else {
            end("this program is started by local, not by hand", status: EX_USAGE)
        }
        becomeUser(settings)
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        guard fcntl(channel, F_SETFD, FD_CLOEXEC) == 0, unsafe chdir("/") == 0 else {
            end("descriptor \(channel): \(errorText(errno))", status: EX_OSERR)
        }
        martlet_tune_allocator()
        let session = DelivererSession(settings: settings, channel: channel)
        session.serve()
        exit(0)
    }

    private static func becomeUser(_ settings: DelivererSettings) {
        if geteuid() == 0 {
            guard martlet_become_recipient(settings.user, settings.group) == 0 else {
                end("cannot become uid \(settings.user), gid \(settings.group): \(errorText(errno))", status: EX_OSERR)
            }
        }
        guard getuid() == settings.user, geteuid() == settings.user else {
            end("started as uid \(geteuid()), to deliver as uid \(settings.user)", status: EX_CONFIG)
        }
        // The user's own programs may not look at mail on its way. What is executed from here on begins anew.
        guard martlet_become_undumpable() == 0 else { end("prctl: \(errorText(errno))", status: EX_OSERR) }
    }

    static func end(_ text: String, status: Int32) -> Never {
        var line = "deliverer: " + text + "\n"
        line.withUTF8 { bytes in _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
        exit(status)
    }
}
