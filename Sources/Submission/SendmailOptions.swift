internal import Mail

/// What sendmail(1) was asked to do: Postfix's option letters, `A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:r:q:tvx`.
struct SendmailOptions: Equatable {
    enum Mode: Equatable {
        case submit
        /// -bs: SMTP on standard input and output.
        case dialogue
        /// -bp, mailq
        case listQueue
        /// -bi, -I, newaliases
        case makeAliases
        /// -q, -qR site, -qI id
        case flush
        case flushSite(String)
        case flushMessage(String)
        /// -bh, -bH: nothing to do here.
        case nothing
        /// -bd, -bl: start the mail system.
        case daemon
        /// -bv: only say what would be done.
        case verify
    }

    var mode = Mode.submit
    /// Names of main.cf's directory; nil: the customary one.
    var configuration: String?
    var sender: String?
    var fullName: String?
    var recipients: [String] = []
    var recipientsFromHeaders = false
    /// A line of a single dot does not end the message (-i, -oi).
    var ignoresDots = false
    var body: BodyType?
    var notify: NotifyOptions?
    var returnContent: ReturnContent?
    var envelopeID: String?
    var verp: String?
    var verbosity = 0

    /// Bad usage: the text for standard error; the exit status is 64.
    struct UsageError: Error, Equatable { var message: String }

    /// - Parameter name: the last component of argv[0]: mailq and newaliases are modes.
    init(name: String, arguments: [String]) throws(UsageError) {
        switch name {
        case "mailq": mode = .listQueue
        case "newaliases": mode = .makeAliases
        default: break
        }
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            if argument == "--" { break }
            guard argument.hasPrefix("-"), argument != "-" else {
                index -= 1
                break
            }
            var letters = Substring(argument.dropFirst())
            while let letter = letters.popFirst() {
                guard Self.takesValue(letter) else {
                    try flag(letter)
                    continue
                }
                var value = String(letters)
                letters = ""
                // -q and -v alone are complete; a value of -q is attached.
                if value.isEmpty && letter != "q" {
                    guard index < arguments.count else { throw UsageError(message: "option -\(letter) needs a value") }
                    value = arguments[index]
                    index += 1
                }
                try option(letter, value)
            }
        }
        recipients = Array(arguments[index...])
        if verbosity == 1, mode == .submit { notify = notify ?? [.success, .failure, .delay] }
    }

    private static func takesValue(_ letter: Character) -> Bool { "ABCFLNORVXbefhoprq".contains(letter) }

    private mutating func flag(_ letter: Character) throws(UsageError) {
        switch letter {
        case "I": mode = .makeAliases
        case "i": ignoresDots = true
        case "t": recipientsFromHeaders = true
        case "v": verbosity += 1
        case "G", "U", "c", "m", "x": break
        case "n": throw UsageError(message: "-n option not supported")
        default: throw UsageError(message: "unrecognized option: -\(letter)")
        }
    }

    private mutating func option(_ letter: Character, _ value: String) throws(UsageError) {
        switch letter {
        case "B": body = try Self.bodyType(value)
        case "C": configuration = value
        case "F": fullName = value
        case "f", "r": sender = value
        case "N": notify = try Self.notify(value)
        case "R": returnContent = try Self.returnContent(value)
        case "V":
            envelopeID = value
        case "X":
            if value.hasPrefix("V") { verp = String(value.dropFirst()) }
        case "b": try runMode(value)
        case "o": if value == "i" { ignoresDots = true }
        case "q": queueMode(value)
        default: break
        }
    }

    private mutating func runMode(_ value: String) throws(UsageError) {
        switch value.first {
        case "m": mode = .submit
        case "s": mode = .dialogue
        case "p": mode = .listQueue
        case "i": mode = .makeAliases
        case "v": mode = .verify
        case "h", "H": mode = .nothing
        case "d", "l": mode = .daemon
        default: throw UsageError(message: "unsupported: -b\(value)")
        }
    }

    private mutating func queueMode(_ value: String) {
        switch value.first {
        case "R": mode = .flushSite(String(value.dropFirst()))
        case "I": mode = .flushMessage(String(value.dropFirst()))
        case nil: mode = .flush
        // -q<interval> belongs to -bd; alone it starts nothing here.
        default: if mode == .submit { mode = .flush }
        }
    }

    private static func bodyType(_ value: String) throws(UsageError) -> BodyType {
        switch value.lowercased() {
        case "8bitmime": .eightBitMIME
        case "7bit": .sevenBit
        default: throw UsageError(message: "-B option needs 8BITMIME or 7BIT")
        }
    }

    private static func notify(_ value: String) throws(UsageError) -> NotifyOptions {
        var options: NotifyOptions = []
        let words = value.lowercased().split(separator: ",")
        for word in words {
            switch word {
            case "success": options.insert(.success)
            case "failure": options.insert(.failure)
            case "delay": options.insert(.delay)
            case "never" where words.count == 1: return []
            default: throw UsageError(message: "bad -N option value -- specify \"never\" or a list of success, failure, delay")
            }
        }
        guard !options.isEmpty else { throw UsageError(message: "-N option needs a value") }
        return options
    }

    private static func returnContent(_ value: String) throws(UsageError) -> ReturnContent {
        switch value.lowercased() {
        case "hdrs": .headers
        case "full": .full
        default: throw UsageError(message: "bad -R option value -- specify \"full\" or \"hdrs\"")
        }
    }
}
