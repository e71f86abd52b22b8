import Mail
import Testing

@Suite("filters of the queue")
struct QueueFilterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var words: [String]
        var matches: Bool
        var testDescription: String { words.joined(separator: " ") }
        init(_ words: String..., is matches: Bool) {
            self.words = words
            self.matches = matches
        }
    }

    /// s@Example.test to a@one.test (refused, by [192.0.2.1]:25) and b@sub.two.test, an hour old, 5,000 bytes, deferred.
    static func matches(_ words: [String]) throws -> Bool {
        let matcher = QueueMatcher(try QueueFilter.parse(words), now: 10_000)
        return matcher.matches(id: "4abcDEFz1", sender: "s@Example.test", arrival: 6400, size: 5000, state: .deferred)
            && matcher.matches(anyOf: [
                .init(
                    address: "a@one.test", reason: "connect to x: Connection Refused", nextHop: QueueDigest.of("[192.0.2.1]:25")
                ),
                .init(address: "b@sub.two.test", reason: "", nextHop: 0),
            ])
    }

    @Test(
        "terms must all hold, those about recipients for one of them",
        arguments: [
            Case(is: true), Case("id=4abcDEFz1", is: true), Case("id=4abcdefz1", is: false), Case("id=x,4abcDEFz1", is: true),
            Case("sender=S@example.test", is: true), Case("sender=@example.test", is: true), Case("sender=<>", is: false),
            Case("sender!=<>", is: true), Case("sender=*@*.test", is: true), Case("domain=one.test", is: true),
            Case("domain=two.test", is: false), Case("domain=*.two.test", is: true), Case("domain=x.test,ONE.test", is: true),
            Case("domain!=one.test", is: true), Case("domain!=one.test", "recipient!=b@sub.two.test", is: false),
            Case("domain=sub.two.test", "reason~refused", is: false), Case("domain=one.test", "reason~refused", is: true),
            Case("reason!~refused", is: true), Case("nexthop=[192.0.2.1]:25", is: true), Case("nexthop=x", is: false),
            Case("age>59m", is: true), Case("age>1h", is: false), Case("age<2h", is: true), Case("age>1d", is: false),
            Case("size>4K", is: true), Case("size<4999", is: false), Case("size<1M", "size>1", is: true),
            Case("state=deferred", is: true), Case("state=hold,deferred", is: true), Case("state!=deferred", is: false),
            Case("recipient=a@one.test", "state=hold", is: false), Case("recipient~@one", is: true),
        ])
    func terms(_ test: Case) throws { #expect(try Self.matches(test.words) == test.matches) }

    @Test(
        "what is no term is refused",
        arguments: [
            "", "x", "domain", "domain=", "domain=a,", "color=red", "age=1d", "age>", "age>d", "age>1y",
            "age>99999999999999999999d",
            "size~1", "state=gone", "state~hold", "id=no/id", "id~4", "nexthop=*.x", "sender<a",
        ])
    func mistakes(_ word: String) { #expect(throws: QueueFilter.Mistake.self) { try QueueFilter.parse([word]) } }

    @Test("the index is asked where it can help")
    func hints() throws {
        func matcher(_ words: String...) throws -> QueueMatcher { QueueMatcher(try QueueFilter.parse(words), now: 0) }
        #expect(try matcher("domain=a.test,b.test").domains == ["a.test", "b.test"])
        #expect(try matcher("recipient=x@a.test").domains == ["a.test"])
        #expect(try matcher("domain=*.test").domains == nil)
        #expect(try matcher("domain!=a.test").domains == nil)
        #expect(try matcher("nexthop=a").nextHops == [QueueDigest.of("A")])
        #expect(try matcher("id=a,b", "id=b,c").ids == ["b"])
        #expect(try matcher("age>1").ids == nil)
    }

    @Test("deleted messages are selected only when they are asked for")
    func deleted() throws {
        for (words, isSelected) in [([], false), (["state=deleted"], true), (["id=x"], true), (["age>0"], false)] {
            let matcher = QueueMatcher(try QueueFilter.parse(words), now: 10)
            #expect(matcher.matches(id: "x", sender: "", arrival: 0, size: 0, state: .deleted) == isSelected)
        }
    }

    @Test("a filter is the same after its way over a socket")
    func coding() throws {
        let filter = try QueueFilter.parse(["domain=a,b", "age>1d", "reason!~x", "state=hold"])
        var writer = ByteWriter()
        writer.write(filter)
        var reader = ByteReader(writer.bytes)
        #expect(try QueueFilter(from: &reader) == filter)
    }
}
