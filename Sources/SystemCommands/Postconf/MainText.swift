internal import Configuration

/// main.cf as postconf reads it: every setting in its order, with the mistakes that it only warns of.
struct MainText {
    private(set) var settings: [String: Configuration.Setting] = [:]
    private(set) var warnings: [String] = []

    /// - Parameter path: as it shall be shown.
    /// - Throws: what Postfix calls fatal, in its words.
    init(_ bytes: [UInt8], path: String) throws(ServiceWords.Mistake) {
        for line in LogicalLines(bytes) {
            guard line.text.utf8.first?.isWhiteSpace == false else {
                warnings.append("\(path): logical line must not start with whitespace: \"\(line.text.prefix(100))\"")
                continue
            }
            let (name, value) = try Self.split(line.text, place: "\(path), line \(line.number): ")
            if settings[name] != nil {
                warnings.append("\(path), line \(line.number): overriding earlier entry: \(name)=\(settings[name]?.text ?? "")")
            }
            settings[name] = Configuration.Setting(value, file: path, line: line.number)
        }
    }

    init() {}

    /// `name = value`; the message is Postfix's.
    static func split(_ text: String, place: String = "") throws(ServiceWords.Mistake) -> (String, String) {
        let text = text.trimmed
        let name = text.prefix { $0 != "=" && !$0.isWhitespace }
        guard !name.isEmpty else { throw ServiceWords.Mistake(text: "\(place)missing attribute name: \"\(text)\"") }
        let rest = text[name.endIndex...].trimmed
        guard rest.utf8.first == UInt8(ascii: "=") else {
            throw ServiceWords.Mistake(text: "\(place)missing '=' after attribute name: \"\(text)\"")
        }
        return (String(name), String(rest.dropFirst().trimmed))
    }

    mutating func override(_ name: String, _ value: String) { settings[name] = Configuration.Setting(value) }
}
