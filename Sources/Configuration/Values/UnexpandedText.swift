/// A text whose `$name` are no parameters, but are filled in for each message or recipient (`forward_path = $home/.forward`).
package struct UnexpandedText: ParameterValue {
    package var text: String
    package init(_ text: String) { self.text = text }
    package static var typeName: String { "text with $names" }
    package static var isExpanded: Bool { false }
    package static func parse(_ text: String) -> UnexpandedText? { UnexpandedText(text) }
    package static func < (left: UnexpandedText, right: UnexpandedText) -> Bool { left.text < right.text }
}
