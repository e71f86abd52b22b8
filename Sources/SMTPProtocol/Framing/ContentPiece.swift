/// A part of what ``ContentReader`` or ``ContentWriter`` gives out: nearly always a long run of the bytes that were given in.
package enum ContentPiece: Equatable, Sendable {
    /// These bytes of the input, as they are.
    case input(Range<Int>)
    /// CR LF in place of a bare LF, or of one that was split over two inputs.
    case lineEnd
    /// A space in place of a bare CR (as Postfix's cleanup_replace_stray_cr_lf), so that no hop takes it for a line's end.
    case space
    /// The dot that hides a dot at the beginning of a line.
    case dot

    /// What to write where it is no part of the input.
    package var literal: StaticString {
        switch self {
        case .input: ""
        case .lineEnd: "\r\n"
        case .space: " "
        case .dot: "."
        }
    }
}
