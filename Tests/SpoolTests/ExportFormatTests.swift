import Mail
import Testing

@testable import Spool

@Suite("the form of an export")
struct ExportFormatTests {
    @Test("lines are read as they were written")
    func lines() throws {
        let message = ExportFormat.Message(QueueID(microseconds: 1, unique: 2), envelope: [1, 2, 3], contentLength: 77)
        #expect(ExportFormat.line(String(message.line.dropLast())) == .message(message))
        #expect(ExportFormat.line(String(ExportFormat.contentLine(5).dropLast())) == .content(5))
        #expect(ExportFormat.line(String(ExportFormat.endLine(9).dropLast())) == .end(9))
    }

    @Test(
        "anything else is none",
        arguments: [
            "", "MESSAGE", "MESSAGE x 1 2", "MESSAGE x 1 2 3 4", "MESSAGE x -1 2 3", "MESSAGE x 99999999999 2 3",
            "MESSAGE x/y 1 2 3",
            "CONTENT", "CONTENT -1", "END", "END x", "END 1 2", "end 1",
        ])
    func others(_ text: String) { #expect(ExportFormat.line(text) == nil) }
}
