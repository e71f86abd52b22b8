import Testing

@testable import Configuration

@Suite("the text of main.cf")
struct MainFileTests {
    @Test(
        "lines, comments and continuations",
        arguments: [
            ("a = b", "b"), ("a=b", "b"), ("a =   b  c  ", "b  c"), ("a =", ""), ("a = x = y", "x = y"), ("a = 1\na = 2", "2"),
            ("a = b\n  c", "b  c"), ("a = b\n# comment\n\tc", "b\tc"), ("a = b\n\n  \n c", "b c"),
            ("a = b\n  # comment\n c", "b c"),
            ("# a = x\n\n   # y\na = b", "b"), ("a = b\r", "b"), ("a = b # no comment", "b # no comment"), ("a =\n  b", "b"),
        ])
    func values(text: String, expected: String) throws {
        #expect(try Configuration.reading(text).settings["a"]?.text == expected)
    }

    @Test(
        "errors name the line",
        arguments: [
            ("x = 1\nnonsense", "main.cf, line 2: there is no \"=\" behind \"nonsense\": write nonsense = value"),
            ("x = 1\n\n# c\n= v", "main.cf, line 4: there is no parameter name before the \"=\""),
            (
                "\n  x = 1",
                "main.cf, line 2: this line begins with white space, but there is no line before it that it could continue"
            ),
            ("a b = c", "main.cf, line 1: there is no \"=\" behind \"a\": write a = value"),
            ("a = b\0c", "main.cf, line 1: there is a null byte in this line"),
        ])
    func errors(text: String, message: String) {
        #expect { try Configuration.reading(text) } throws: { "\($0)" == message }
    }

    @Test("a file that is not there is an error with its name")
    func missing() {
        #expect { try Configuration.load(directory: "/nowhere") } throws: {
            "\($0)" == "/nowhere/main.cf: cannot be read: No such file or directory"
        }
    }

    @Test("the defaults of conf/main.cf are those that the programs have")
    func shipped() throws {
        let path = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let configuration = try Configuration.load(directory: "/" + path + "/conf", host: FakeHost())
        for parameter in BaseParameters.all { try parameter.check(configuration) }
        _ = try MasterFile.load(directory: "/" + path + "/conf")
        let review = ConfigurationReview(implemented: [])
        #expect(review.findings(configuration, services: try MasterFile.load(directory: "/" + path + "/conf")).isEmpty)
    }
}
