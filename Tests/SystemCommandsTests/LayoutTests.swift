import Testing

@testable import SystemCommands

@Suite("how postconf writes")
struct LayoutTests {
    @Test("white space becomes one blank, and -f folds at 80 columns")
    func lines() {
        #expect(Layout.line("a =  b,\n\tc", folded: false) == "a = b, c\n")
        let long = "name = " + String(repeating: "x", count: 80) + " y"
        #expect(Layout.line(long, folded: true) == "name =\n    " + String(repeating: "x", count: 80) + "\n    y\n")
        #expect(Layout.line("a = ", folded: false) == "a =\n")
    }

    @Test("a service has its columns, each -o its own line with -f")
    func services() throws {
        let service = try ServiceWords("smtp inet n - y - - smtpd -vo{ a = b c } -o d=e")
        #expect(
            Layout.service(service, folded: false) { $0 }
                == "smtp       inet  n       -       y       -       -       smtpd -v -o {a=b c} -o d=e\n")
        #expect(
            Layout.service(service, folded: true) { $0 }
                == "smtp       inet  n       -       y       -       -       smtpd -v\n    -o {a=b c}\n    -o d=e\n")
    }
}
