import Testing
import Wire

@Suite("who may talk to whom")
struct WireTableTests {
    /// The daemon modules and the roles that they play on the suite's sockets.
    static let roles: [String: Set<Role>] = [
        "SMTPServer": [.smtpd, .submitter], "Cleanup": [.cleanup], "QueueManager": [.qmgr], "SMTPClient": [.agent],
        "LocalDelivery": [.agent, .deliverer, .submitter], "Bounce": [.bounce, .submitter], "Pickup": [.pickup, .submitter],
        "ShowQueue": [.showq, .tool], "NullDelivery": [.agent], "Control": [.tool, .submitter],
        "Submission": [.sendmail, .tool],
        "QueueCommands": [.tool], "SystemCommands": [.tool],
        "Master": [.master],
    ]

    @Test("kinds have different codes and names")
    func unique() {
        #expect(Set(WhoTalksToWhom.table.map(\.code)).count == WhoTalksToWhom.table.count)
        #expect(Set(WhoTalksToWhom.table.map(\.name)).count == WhoTalksToWhom.table.count)
    }

    @Test("every message type is in the table")
    func complete() throws {
        let tree = try SourceTree()
        let declared = tree.files.filter { $0.module == "Wire" }
            .flatMap { $0.text.matches(of: /struct (\w+): WireMessage/).map { String($0.output.1) } }
        #expect(Set(declared.map(Self.kindName)) == Set(WhoTalksToWhom.table.map(\.name)))
    }

    @Test("a daemon names only messages that it may send or get")
    func use() throws {
        let tree = try SourceTree()
        let kinds = Dictionary(uniqueKeysWithValues: WhoTalksToWhom.table.map { ($0.name, $0) })
        for file in tree.files {
            guard let own = Self.roles[file.module] else { continue }
            for word in Set(file.text.matches(of: /\b[A-Z]\w+\b/).map { String($0.output) }) {
                guard let kind = kinds[Self.kindName(word)] else { continue }
                #expect(
                    own.contains(kind.from) || own.contains(kind.to),
                    "\(file.path) uses \(word), which is \(kind.from) → \(kind.to)")
            }
        }
    }

    /// `DeliveryRequest` → `delivery_request`.
    static func kindName(_ type: String) -> String {
        type.reduce(into: "") { name, character in
            if character.isUppercase, !name.isEmpty { name.append("_") }
            name += character.lowercased()
        }
    }
}
