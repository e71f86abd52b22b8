import CPlatform
import Testing

@testable import DaemonKit

@Suite("the table of roles")
struct RoleRightsTests {
    private static let all: [String: RoleRights] = [
        "smtpd": .smtpd, "smtp": .smtp, "cleanup": .cleanup, "qmgr": .qmgr, "bounce": .bounce, "pickup": .pickup,
        "showq": .showq, "nothing": .nothing, "local": .local,
    ]

    @Test("what faces strangers has a user of its own, and writes no file")
    func strangers() {
        for name in ["smtpd", "smtp"] {
            let others = Self.all.filter { $0.key != name }.map(\.value.user)
            #expect(Self.all[name].map { !others.contains($0.user) } == true)
            #expect(Self.all[name].map { $0.calls & MARTLET_CALLS_WRITE_FILES.rawValue } == 0)
        }
    }

    @Test("only those that face strangers open sockets of the Internet, and local, whose children do")
    func internet() {
        let reaching = Self.all.filter { $0.value.internet != .none }.map(\.key)
        #expect(Set(reaching) == ["smtpd", "smtp", "local"])
    }

    @Test("of the spool each has what it needs")
    func spool() {
        #expect(RoleRights.smtpd.files == [.nameService])
        #expect(RoleRights.nothing.files.isEmpty && RoleRights.nothing.calls == 0)
        let writers = Self.all.filter { $0.value.files.contains(.write("segments")) }.map(\.key)
        #expect(Set(writers) == ["cleanup", "qmgr"])
        let indexing = Self.all.filter { $0.value.files.contains(.write("index")) }.map(\.key)
        #expect(Set(indexing) == ["qmgr", "showq"])
    }

    @Test("only delivery is without the whole confinement")
    func confinement() {
        #expect(Self.all.filter { $0.value.confinement != .whole }.map(\.key) == ["local"])
    }

    @Test(
        "name servers' ports",
        arguments: [
            ("", [53]), ("192.0.2.53, 127.0.0.1@5353", [53, 5353]), ("root", [53]), ("/etc/other@conf", [53]),
            ("192.0.2.53@", [53]), ("::1@54 ::1@99999", [53, 54]),
        ] as [(String, Set<UInt16>)])
    func ports(_ setting: String, _ ports: Set<UInt16>) { #expect(RoleRights.nameServerPorts(setting) == ports) }
}
