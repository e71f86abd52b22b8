import Testing

@testable import QueueCommands

@Suite("qshape")
struct QueueShapeTests {
    @Test("the table of Postfix's qshape, to the column")
    func table() {
        var shape = QueueShape(now: 100_000)
        shape.add(arrival: 100_000, sender: "s@a.test", recipients: ["r@Remote.test", "t@other.test"])
        shape.add(arrival: 100_000 - 11 * 60, sender: "s@a.test", recipients: ["r@remote.test."])
        shape.add(
            arrival: 0, sender: "s@a.test", recipients: ["a-very-long-local-part@" + String(repeating: "long", count: 20)])
        let lines = shape.text.split(separator: "\n").map(String.init)
        #expect(lines.count == 5 && lines.allSatisfy { $0.count == 80 })
        #expect(lines[0] == String(repeating: " ", count: 41) + "T  5 10 20 40 80 160 320 640 1280 1280+")
        #expect(lines[1].hasSuffix("   TOTAL  4  2  0  1  0  0   0   0   0    0     1"))
        #expect(lines[2].hasSuffix("   remote.test  2  1  0  1  0  0   0   0   0    0     0"))
        #expect(lines[3].hasSuffix("   other.test  1  1  0  0  0  0   0   0   0    0     0"))
        #expect(lines[4].hasPrefix("+") && lines[4].hasSuffix("long  1  0  0  0  0  0   0   0   0    0     1"))
    }

    @Test(
        "each bucket is twice as long as the one before, or all are equal",
        arguments: [0, 4, 5, 9, 10, 19, 20, 1279, 1280, 99_999])
    func buckets(minutes: Int) {
        var shape = QueueShape(now: 10_000_000)
        let arrival = Int64(10_000_000 - minutes * 60)
        let limits = [5, 10, 20, 40, 80, 160, 320, 640, 1280]
        #expect(shape.bucket(arrival) == (limits.firstIndex { minutes < $0 } ?? 9) + 1)
        shape.isLinear = true
        #expect(shape.bucket(arrival) == min(minutes / 5 + 1, 10))
    }

    @Test("parent domains are shown with enough subdomains")
    func parents() {
        var shape = QueueShape(now: 1000)
        shape.countsParents = true
        for number in 0..<5 { shape.add(arrival: 1000, sender: "", recipients: ["r@h\(number).example.test"]) }
        #expect(shape.text.contains(" .example.test  5  5"))
        shape.minimumSubdomains = 6
        #expect(!shape.text.contains(".example.test  5"))
    }
}
