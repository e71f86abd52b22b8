internal import Mail

extension String {
    /// The form in which tables keep their keys: lower case, also of letters beyond ASCII.
    package var foldedKey: String {
        utf8.allSatisfy { $0 < 0x80 } ? lowercasedASCII : lowercased()
    }
}
