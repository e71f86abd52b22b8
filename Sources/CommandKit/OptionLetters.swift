/// Options of one letter, read as getopt(3) reads them: `-dID`, `-d ID`, `-pv`; they end at the first other word or at `--`.
package struct OptionLetters {
    package struct Option: Equatable {
        package var letter: Character
        package var value: String?
    }
    /// What getopt says on standard error.
    package struct Mistake: Error, Equatable {
        package var message: String
    }

    package private(set) var options: [Option] = []
    package private(set) var rest: [String] = []

    /// - Parameter letters: as for getopt: `c:dv`.
    package init(_ arguments: [String], letters: String) throws(Mistake) {
        var words = arguments[...]
        while let word = words.first, word.hasPrefix("-"), word != "-" {
            words.removeFirst()
            if word == "--" { break }
            var characters = word.dropFirst()
            while let letter = characters.first {
                characters.removeFirst()
                guard letter != ":", let place = letters.firstIndex(of: letter) else {
                    throw Mistake(message: "invalid option -- '\(letter)'")
                }
                let following = letters.index(after: place)
                guard following < letters.endIndex, letters[following] == ":" else {
                    options.append(Option(letter: letter, value: nil))
                    continue
                }
                var value = String(characters)
                characters = ""
                if value.isEmpty {
                    guard let next = words.popFirst() else {
                        throw Mistake(message: "option requires an argument -- '\(letter)'")
                    }
                    value = next
                }
                options.append(Option(letter: letter, value: value))
            }
        }
        rest = Array(words)
    }

    package func has(_ letter: Character) -> Bool { options.contains { $0.letter == letter } }

    /// The last of several.
    package func value(_ letter: Character) -> String? { options.last { $0.letter == letter }?.value }
}

extension OptionLetters {
    /// Says what is wrong on standard error, as getopt does, and throws `usage`.
    package init(_ arguments: [String], letters: String, program: String, usage: ExitError) throws(ExitError) {
        do throws(Mistake) {
            try self.init(arguments, letters: letters)
        } catch {
            Output.complain("\(program): \(error.message)")
            throw usage
        }
    }
}
