/// Something that an administrator should know about main.cf or master.cf before mail flows.
package struct Finding: Equatable, Sendable, CustomStringConvertible {
    package enum Consequence: Equatable, Sendable {
        /// The start goes on; the sentence says what will not happen.
        case warns
        /// The start is refused, because what is not implemented would have restricted, protected or redirected mail.
        case stops
    }

    package var consequence: Consequence
    package var message: String
    package var file: String?
    package var line: Int?

    package init(_ consequence: Consequence, _ message: String, file: String? = nil, line: Int? = nil) {
        self.consequence = consequence
        self.message = message
        self.file = file
        self.line = line
    }

    package var description: String { ConfigurationError(message, file: file, line: line).description }
}
