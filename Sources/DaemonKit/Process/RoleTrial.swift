internal import CPlatform
internal import Glibc
internal import Platform

/// Lets a test see from inside what a program may still do: called with this option, each gives up what it does not need as always,
/// by the same function and table, and then tries what it is told, instead of serving.
///
///     smtpd --try-role -c DIR -- "read /etc/shadow" "connect /run/x" …
///
/// One line for each: `ok` or the kernel's error, a tab, what was tried. Whoever calls it needs root, as master does.
enum RoleTrial {
    static let option = "--try-role"

    static func run(_ attempts: [String]) -> Never {
        for attempt in attempts {
            let words = attempt.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let code = unsafe martlet_try(words[0], words.count > 1 ? words[1] : "")
            var line = "\(code == 0 ? "ok" : errorText(code))\t\(attempt)\n"
            line.withUTF8 { bytes in _ = unsafe write(STDOUT_FILENO, bytes.baseAddress, bytes.count) }
        }
        martlet_exit(0)
    }
}
