extension String: ParameterValue {
    package static var typeName: String { "string" }
    package static func parse(_ text: String) -> String? { text }
}

extension Int: ParameterValue {
    package static var typeName: String { "integer" }
    package static func parse(_ text: String) -> Int? { Int(text) }
}

/// `yes` or `no`, as in Postfix.
package enum YesNo: UInt8, ParameterValue {
    case no = 0
    case yes = 1
    package static var typeName: String { "boolean" }
    package static func parse(_ text: String) -> YesNo? {
        switch text.lowercased() {
        case "yes": .yes
        case "no": .no
        default: nil
        }
    }
    package static func < (left: YesNo, right: YesNo) -> Bool { left.rawValue < right.rawValue }
    package var isYes: Bool { self == .yes }
}
