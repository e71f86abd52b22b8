internal import Configuration

/// Changes settings in the text of main.cf, and leaves everything else as it is.
struct MainEdit {
    private let edit: PostconfOptions.Edit
    private var values: [String: String] = [:]
    private(set) var warnings: [String] = []

    /// - Throws: in Postfix's words.
    init(_ edit: PostconfOptions.Edit, _ arguments: [String]) throws(ServiceWords.Mistake) {
        self.edit = edit
        for argument in arguments {
            if argument.contains("\n") { throw ServiceWords.Mistake(text: "-e, -X, or -# accepts no multi-line input") }
            let text = argument.drop { $0.isWhitespace }
            if text.hasPrefix("#") { throw ServiceWords.Mistake(text: "-e, -X, or -# accepts no comment input") }
            let name: String
            var value = ""
            if edit == .set {
                (name, value) = try MainText.split(String(text))
            } else {
                if text.isEmpty { throw ServiceWords.Mistake(text: "-X or -# requires non-blank parameter names") }
                if text.contains("=") { throw ServiceWords.Mistake(text: "-X or -# requires parameter names without value") }
                name = String(text.trimmed)
            }
            if let earlier = values[name] { warnings.append("ignoring earlier request: '\(name) = \(earlier)'") }
            values[name] = value
        }
    }

    mutating func apply(to bytes: [UInt8], path: String) -> [UInt8] {
        var output = ""
        var found: [String: Int] = [:]
        var isChanged = false
        for line in CopiedLines.split(bytes) {
            switch line {
            case .comment(let text): output += text
            case .continuation(let text):
                if !isChanged { output += text } else if edit == .commentOut { output += "#" + text }
            case .start(let text):
                let name = String(text.prefix { $0 != "=" && !$0.isWhitespace })
                guard let value = values[name] else {
                    isChanged = false
                    output += text
                    continue
                }
                isChanged = true
                found[name, default: 0] += 1
                if found[name] == 2 { warnings.append("\(path): multiple entries for \"\(name)\"") }
                switch edit {
                case .set: output += "\(name) = \(value)\n"
                case .commentOut: output += "#" + text
                case .remove: break
                }
            }
        }
        if edit == .set {
            for (name, value) in values.sorted(by: { $0.key < $1.key }) where found[name] == nil {
                output += "\(name) = \(value)\n"
            }
        }
        return Array(output.utf8)
    }
}
