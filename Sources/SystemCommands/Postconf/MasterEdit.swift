internal import Configuration

/// Changes services, fields or parameters in the text of master.cf, and leaves everything else as it is.
struct MasterEdit {
    private struct Request {
        var text: String
        var pattern: [String]
        var field: Int?
        var value: String
        var matches = 0
        var parameter: String { pattern[2] }
    }

    private let subject: PostconfOptions.Subject
    private let edit: PostconfOptions.Edit
    private var requests: [Request] = []
    private(set) var warnings: [String] = []
    private static let options = "-Me, -Fe, -Pe, -X, or -#"

    /// - Throws: in Postfix's words.
    init(
        _ subject: PostconfOptions.Subject, _ edit: PostconfOptions.Edit, _ arguments: [String]
    ) throws(ServiceWords.Mistake) {
        self.subject = subject
        self.edit = edit
        for argument in arguments {
            if argument.contains("\n") { throw ServiceWords.Mistake(text: "\(Self.options) accept no multi-line input") }
            let text = argument.drop { $0.isWhitespace }
            if text.hasPrefix("#") { throw ServiceWords.Mistake(text: "\(Self.options) accept no comment input") }
            var pattern = String(text.trimmed)
            var value = ""
            if edit == .set {
                (pattern, value) = try MainText.split(String(text))
            } else if text.contains("=") {
                throw ServiceWords.Mistake(text: "-X or -# requires names without value")
            }
            requests.append(try request(argument, pattern, value))
        }
    }

    private func request(_ text: String, _ pattern: String, _ value: String) throws(ServiceWords.Mistake) -> Request {
        let count = subject == .services ? 2 : 3
        guard let words = ServicePattern.words(pattern, count...count) else {
            switch subject {
            case .services: throw ServiceWords.Mistake(text: "-Me, -MX or -M# requires service_name/type")
            case .fields: throw ServiceWords.Mistake(text: "-Fe or -FX requires service_name/type/field_name")
            default: throw ServiceWords.Mistake(text: "-Pe or -PX requires service_name/type/parameter")
            }
        }
        var request = Request(text: text, pattern: words, field: nil, value: value)
        if subject == .fields {
            if words[2] == "*" { throw ServiceWords.Mistake(text: "-Fe does not accept wild-card field name") }
            let field = try ServicePattern.field(words[2])
            if field < ServiceWords.commandField, value.contains(where: \.isWhitespace) {
                throw ServiceWords.Mistake(text: "-Fe does not accept whitespace in non-command field")
            }
            request.field = field
        }
        if subject == .parameters, words[2] == "*" {
            throw ServiceWords.Mistake(text: "-Pe does not accept wild-card parameter name")
        }
        return request
    }

    /// - Throws: in Postfix's words; nothing is to be written then.
    mutating func apply(to bytes: [UInt8], path: String) throws(ServiceWords.Mistake) -> [UInt8] {
        var output = ""
        let lines = CopiedLines.split(bytes)
        var index = 0
        var isMatched = false
        while index < lines.count {
            let line = lines[index]
            index += 1
            switch line {
            case .comment(let text): output += text
            case .continuation(let text):
                if !isMatched { output += text } else if edit == .commentOut { output += "#" + text }
            case .start(let text):
                let words = BracedWords.split(text, separators: " \t\r\n")
                guard words.count >= 2 else {
                    throw ServiceWords.Mistake(
                        text: "file \(path): line \(index): specify service name and type on the same line")
                }
                let matching = requests.indices.filter {
                    ServicePattern.matches(requests[$0].pattern, name: words[0], type: words[1])
                }
                isMatched = !matching.isEmpty
                guard isMatched else {
                    output += text
                    continue
                }
                for request in matching { requests[request].matches += 1 }
                if edit == .commentOut {
                    output += "#" + text
                } else {
                    var whole = text
                    // Comments between the lines of a changed service come before it, as in Postfix.
                    if subject != .services {
                        while index < lines.count {
                            if case .start = lines[index] { break }
                            if case .comment(let text) = lines[index] { output += text }
                            if case .continuation(let text) = lines[index] { whole += text }
                            index += 1
                        }
                    }
                    output += try replacement(whole, matching, place: "file \(path): line \(index): ")
                }
            }
        }
        for request in requests where request.matches == 0 {
            if subject == .services, edit == .set {
                output += Self.text(try Self.service(request))
            } else if subject != .services {
                warnings.append("unmatched service_name/type: \"\(request.text)\"")
            }
        }
        return Array(output.utf8)
    }

    /// What a service becomes; empty when it is removed.
    private func replacement(_ text: String, _ matching: [Int], place: String) throws(ServiceWords.Mistake) -> String {
        if subject == .services {
            guard edit == .set, let last = matching.last(where: { requests[$0].matches == 1 }) else { return "" }
            return Self.text(try Self.service(requests[last]))
        }
        var service: ServiceWords
        do { service = try ServiceWords(text) } catch { throw ServiceWords.Mistake(text: place + error.text) }
        for index in matching {
            let request = requests[index]
            if let field = request.field {
                try service.set(field: field, to: request.value)
            } else if edit == .remove {
                service.remove(parameter: request.parameter)
            } else {
                service.set(parameter: request.parameter, to: request.value)
            }
        }
        return Self.text(service)
    }

    private static func service(_ request: Request) throws(ServiceWords.Mistake) -> ServiceWords {
        do { return try ServiceWords(request.value) } catch {
            guard error.text == "bad field count" else { throw error }
            throw ServiceWords.Mistake(text: "\(error.text): \"\(request.text)\"")
        }
    }

    private static func text(_ service: ServiceWords) -> String { Layout.service(service, folded: true) { $0 } }
}

/// `name/type/what`, each of which may be `*`.
enum ServicePattern {
    static func words(_ text: String, _ counts: ClosedRange<Int>) -> [String]? {
        let words = text.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        guard counts.contains(words.count) else { return nil }
        return words + Array(repeating: "*", count: 3 - words.count)
    }

    static func matches(_ pattern: [String], name: String, type: String) -> Bool {
        (pattern[0] == "*" || pattern[0] == name) && (pattern[1] == "*" || pattern[1] == type)
    }

    static func field(_ name: String) throws(ServiceWords.Mistake) -> Int {
        guard let index = ServiceWords.fieldNames.firstIndex(of: name) else {
            throw ServiceWords.Mistake(text: "invalid service attribute name: \"\(name)\"")
        }
        return index
    }
}
