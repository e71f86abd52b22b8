import ArgumentParser
internal import CommandKit
internal import Glibc
internal import Platform

/// postconf(1) under the control command's roof: everything behind `conf` is its own.
struct Conf: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show or change main.cf and master.cf: the options of postconf.",
        discussion: "martlet conf -n, -d, -x, -M, -F, -P, -e name=value, -X name, -# name, -j (JSON) …: see postconf(1).")
    @Argument(parsing: .captureForPassthrough, help: "Options and names as for postconf.")
    var words: [String] = []

    func run() throws { Self.become(words) }

    /// Replaces this process: the small program starts in a few milliseconds.
    static func become(_ words: [String]) -> Never {
        let program = SiblingProgram.path("postfix")
        var arguments = unsafe (["postconf"] + words).map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        _ = unsafe execv(program, arguments)
        Output.complain("martlet: \(program): \(errorText(errno))")
        Glibc.exit(EX_OSERR)
    }
}
