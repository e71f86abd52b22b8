import Testing

@testable import Platform

@Suite("what goes over a lifeline")
struct LifelineWordsTests {
    @Test("states, words and a last sentence, in any split")
    func split() throws {
        let word = try #require(LifelineReader.encode("held 4abc"))
        let bytes = [0x52, 0x53] + word + [0x42, 0x58] + Array("no luck".utf8)
        for place in bytes.indices {
            var reader = LifelineReader()
            var items = reader.read(bytes[..<place]) + reader.read(bytes[place...])
            var complaint: [UInt8] = []
            while case .complaint(let piece)? = items.last {
                complaint = piece + complaint
                items.removeLast()
            }
            #expect(items == [.state(.ready), .state(.serving), .word("held 4abc"), .state(.beat), .state(.failed)])
            #expect(complaint == Array("no luck".utf8))
        }
    }

    @Test("bytes without sense are ignored")
    func nonsense() {
        var reader = LifelineReader()
        #expect(reader.read([0, 255, 0x57, 0, 0, 0x57, 1, 0, 0xff, 0x52]) == [.state(.ready)])
    }

    @Test("a breadcrumb is read as it was dropped; any bytes can be read")
    func breadcrumb() {
        var bytes = [UInt8](repeating: 0xff, count: 64)
        #expect(BreadcrumbReading(bytes) == BreadcrumbReading())
        bytes[0] = 1
        let odd = BreadcrumbReading(bytes)
        #expect(odd.message == nil && odd.client.isEmpty && odd.isOver)
        #expect(BreadcrumbReading([1, 2]) == BreadcrumbReading())
    }

    @Test("a table's file as a word", arguments: ["hash:/etc/aliases", "texthash:/with space/x"])
    func table(name: String) throws {
        let file = WatchedFile(name: name, path: "/dev/null", signature: .init(of: "/dev/null"))
        #expect(!file.hasChanged)
        #expect(WatchedFile(word: try #require(file.word)) == file)
        #expect(WatchedFile(word: "table\t1\t2") == nil)
    }
}
