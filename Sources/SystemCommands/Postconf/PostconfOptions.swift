internal import CommandKit
internal import Configuration

/// The command line of postconf(1), with what excludes what.
///
/// *Failure:* status 1, with Postfix's text.
struct PostconfOptions {
    enum Subject: String {
        case main = "p"
        case services = "M"
        case fields = "F"
        case parameters = "P"
        case tableTypes = "m"
        case lockTypes = "l"
        case serverLogins = "a"
        case clientLogins = "A"
        case templates = "b"
        case expandedTemplates = "t"
        case tls = "T"
    }

    enum Edit: String {
        case set = "e"
        case remove = "X"
        case commentOut = "#"
    }

    private(set) var subject = Subject.main
    private(set) var edit: Edit?
    private(set) var directory: String?
    private(set) var classes = ParameterNames.Classes.all
    private(set) var overrides: [(String, String)] = []
    private(set) var names: [String] = []
    private var flags: Set<Character> = []

    var showsDefaults: Bool { flags.contains("d") }
    var showsOnlySet: Bool { flags.contains("n") }
    var folds: Bool { flags.contains("f") }
    var expands: Bool { flags.contains("x") }
    var hidesNames: Bool { flags.contains("h") }
    var hidesValues: Bool { flags.contains("H") }
    var isJSON: Bool { flags.contains("j") }

    /// In the order in which messages name them.
    private static let order = Array("aAbCdefFhHjlmMnopPtTxX#")
    private static let exclusive: [[Character]] = [
        Array("aAbFlmMpPtT"), Array("denX#"), Array("deoX#"), Array("efX#"), Array("exX#"), Array("ehHX#"), Array("ejX#"),
        Array("fhHj"),
    ]
    private static let allowed: [Subject: [Character]] = [
        .main: Array("CdefhHjnoxX#"), .services: Array("CefjoxX#"), .fields: Array("CefhHjox"), .parameters: Array("CefhHjoxX"),
    ]

    init(_ arguments: [String]) throws(ExitError) {
        let usage = ExitError(
            status: 1,
            message: "usage: postconf [-a] [-A] [-c config_dir] [-C class,...] [-d (defaults)] [-e (edit)] [-f (fold lines)] "
                + "[-F (master.cf fields)] [-h (no names)] [-H (no values)] [-j (JSON lines)] [-l (lock types)] [-m (map types)] "
                + "[-M (master.cf)] [-n (non-default parameters)] [-o name=value] [-p (main.cf, default)] "
                + "[-P (master.cf parameters)] [-v] [-x (expand parameter values)] [-X (exclude)] [-# (comment-out)] [name...]")
        let letters = try OptionLetters(
            arguments, letters: "aAbc:C:defFhHjlmMno:pPtT:vxX#", program: "postconf", usage: usage)
        names = letters.rest
        for option in letters.options {
            switch option.letter {
            case "c": directory = option.value
            case "v": continue
            case "C":
                classes = try Self.classes(option.value ?? "")
                flags.insert("C")
            case "o":
                do throws(ServiceWords.Mistake) {
                    overrides.append(try MainText.split(option.value ?? ""))
                } catch {
                    let reason = String(error.text.prefix { $0 != ":" })
                    throw ExitError(status: 1, message: "invalid parameter override: \(option.value ?? ""): \(reason)")
                }
                flags.insert("o")
            default: flags.insert(option.letter)
            }
        }
        if flags.isDisjoint(with: "aAblmtT"), names.contains(where: { $0.contains("=") }) { flags.insert("e") }
        try demandConsistency()
    }

    private mutating func demandConsistency() throws(ExitError) {
        for group in Self.exclusive {
            // With -n, an override is in order.
            let set = Self.order.filter { group.contains($0) && flags.contains($0) }
            if set.count > 1 { throw ExitError(status: 1, message: "specify one of \(Self.text(set))") }
        }
        if let letter = Self.exclusive[0].first(where: { flags.contains($0) }), let subject = Subject(rawValue: String(letter))
        {
            self.subject = subject
            let allowed = Self.allowed[subject] ?? []
            let others = Self.order.filter { flags.contains($0) && $0 != letter && !allowed.contains($0) }
            if !others.isEmpty {
                throw ExitError(status: 1, message: "with option -\(letter), do not specify \(Self.text(others))")
            }
        }
        edit = ["e", "X", "#"].first { flags.contains(Character($0)) }.flatMap { Edit(rawValue: $0) }
        if let edit, names.isEmpty {
            throw ExitError(status: 1, message: edit == .set ? "-e requires name=value argument" : "missing service argument")
        }
    }

    private static func text(_ letters: [Character]) -> String { letters.map { "-\($0)" }.joined(separator: " ") }

    private static func classes(_ text: String) throws(ExitError) -> ParameterNames.Classes {
        var result: ParameterNames.Classes = []
        for word in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            switch word {
            case "builtin": result.insert(.builtin)
            case "service": result.insert(.service)
            case "user": result.insert(.user)
            case "all": result.formUnion(.all)
            default: throw ExitError(status: 1, message: "unknown -C option value \"\(word)\" in \"\(text)\"")
            }
        }
        return result
    }
}
