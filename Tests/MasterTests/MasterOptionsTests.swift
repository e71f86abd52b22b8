import Testing

@testable import Master

@Suite("master's command line")
struct MasterOptionsTests {
    @Test(
        "modes",
        arguments: [
            ([], .foreground, nil), (["-c", "/etc/x", "-w"], .detached, "/etc/x"),
            (["-w", "-c", "/etc/x"], .detached, "/etc/x"),
            (["-t"], .testLock, nil), (["-s", "-v"], .foreground, nil), (["-e", "60", "-d"], .foreground, nil),
        ] as [([String], MasterOptions.Mode, String?)])
    func modes(_ words: [String], _ mode: MasterOptions.Mode, _ directory: String?) throws {
        let options = try MasterOptions(words)
        #expect(options.mode == mode && options.directory == directory)
    }

    @Test("what is no option is refused", arguments: [["-x"], ["-c"], ["start"], ["-e"]])
    func usage(_ words: [String]) {
        #expect(throws: MasterFailure.self) { try MasterOptions(words) }
    }

    @Test("the directory is made absolute")
    func directory() throws {
        let given = try MasterOptions(["-c", "conf"])
        #expect(given.absoluteDirectory(environment: "/else", current: "/home/x") == "/home/x/conf")
        let none = try MasterOptions([])
        #expect(none.absoluteDirectory(environment: "/else", current: "/home/x") == "/else")
        #expect(none.absoluteDirectory(environment: nil, current: "/home/x") == "/etc/martlet")
    }
}
