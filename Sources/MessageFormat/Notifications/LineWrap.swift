/// Breaks a long line at white space, the following ones indented by four columns.
enum LineWrap {
    static func append(_ text: String, to output: inout [UInt8], width: Int = 79, indent: Int = 4) {
        var column = 0
        var isFirst = true
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r\n" || $0 == "\n" || $0 == "\r" }) {
            let length = word.utf8.count
            if !isFirst && column + 1 + length > width {
                output.append(contentsOf: [0x0d, 0x0a])
                output.append(contentsOf: repeatElement(0x20, count: indent))
                column = indent
            } else if !isFirst {
                output.append(0x20)
                column += 1
            }
            output.append(contentsOf: word.utf8)
            column += length
            isFirst = false
        }
        output.append(contentsOf: [0x0d, 0x0a])
    }
}
