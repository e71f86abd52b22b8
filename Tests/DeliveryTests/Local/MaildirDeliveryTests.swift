import Glibc
import Platform
import Testing

@testable import LocalDelivery

@Suite("messages for maildirs that come together")
struct MaildirDeliveryTests {
    private func stage(_ delivery: MaildirDelivery, _ text: String, _ path: String) throws -> MaildirDelivery.Staged {
        try delivery.stage(to: path) { (file) throws(SystemError) in try file.write([Array(text.utf8)]) }
    }

    @Test("each has its own outcome: one that cannot be put into place takes no other along")
    func together() throws {
        let directory = try TemporaryDirectory()
        let delivery = MaildirDelivery(host: "mx.example.test")
        let staged = try [("one", "a"), ("two", "broken/"), ("three", "a/"), ("four", "b")].map {
            try stage(delivery, $0.0, directory.path + "/" + $0.1)
        }
        try directory.write("broken/new", "a file where a directory belongs")
        let failures = delivery.complete(staged)
        #expect(failures.map { $0 == nil } == [true, false, true, true])
        #expect(try directory.list("a/new").map { try directory.read("a/new/" + $0) }.sorted() == ["one", "three"])
        #expect(try directory.list("b/new").map { try directory.read("b/new/" + $0) } == ["four"])
        for name in ["a/tmp", "b/tmp", "broken/tmp"] { #expect(try directory.list(name).isEmpty, "\(name)") }
        #expect(delivery.complete([]).isEmpty)
    }

    @Test("two elements of a path that differ in a slash are one maildir, and its names never repeat")
    func names() throws {
        let directory = try TemporaryDirectory()
        let delivery = MaildirDelivery(host: "mx/with:odd.example.test")
        let staged = try (0..<50).map { try stage(delivery, "\($0)", directory.path + ($0 % 2 == 0 ? "/m" : "/m/")) }
        #expect(delivery.complete(staged).allSatisfy { $0 == nil })
        let names = try directory.list("m/new")
        #expect(names.count == 50 && names.allSatisfy { $0.hasSuffix(".mx\\057with\\072odd.example.test") })
    }
}
