import Configuration
import Glibc
import NIOCore
import Platform
import Testing

@testable import DaemonKit

@Suite("whom a server listens to")
struct PeerRuleTests {
    private static let accounts = SuiteAccounts(
        owner: UserAccount(unnamed: 900, group: 900), smtpd: UserAccount(unnamed: 901, group: 901),
        smtp: UserAccount(unnamed: 902, group: 902))

    @Test(
        "by user, and by nothing else that a peer could have",
        arguments: [
            // Root, mail_owner, smtpd, smtp, the server's own user, a stranger
            (PeerRule.anybody, [true, true, true, true, true, true]),
            (.suite, [true, true, false, false, true, false]),
            (.submitters, [true, true, true, false, true, false]),
            (.agents, [true, true, false, true, true, false]),
        ])
    func users(_ rule: PeerRule, _ admitted: [Bool]) {
        let users: [UInt32] = [0, 900, 901, 902, 903, 1000]
        for (user, isAdmitted) in zip(users, admitted) {
            // The group is whatever a peer is in.
            let peer = PeerCredentials(process: 7, user: user, group: 900)
            #expect(rule.admits(peer, accounts: Self.accounts, ownUser: 903) == isAdmitted, "\(rule) uid \(user)")
        }
    }

    @Test("started without root there are root and the invoking user; a peer that has gone is nobody")
    func withoutRoot() {
        for rule in [PeerRule.suite, .submitters, .agents] {
            for (user, isAdmitted) in [(0, true), (1000, true), (900, false)] as [(UInt32, Bool)] {
                let peer = PeerCredentials(process: 7, user: user, group: 1000)
                #expect(rule.admits(peer, accounts: nil, ownUser: 1000) == isAdmitted, "\(rule) uid \(user)")
            }
            #expect(!rule.admits(nil, accounts: nil, ownUser: 0))
        }
    }

    @Test("the credentials are the kernel's")
    @EventLoopActor
    func credentials() async throws {
        var pair: [Int32] = [0, 0]
        #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let one = try await WireEndpoints.adopt(pair[0])
        #expect(one.peer == PeerCredentials(process: getpid(), user: geteuid(), group: getegid()))
        one.close()
        close(pair[1])
    }
}
