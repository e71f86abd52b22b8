import Mail
import Spool
import Testing
import Wire

@testable import Cleanup

@Suite("what qmgr is told")
struct ArrivalBookTests {
    private let segment = SegmentIdentity(number: 7, nonce: SegmentNonce(high: 1, low: 2))

    private func committed(_ from: UInt64, _ synced: UInt64, opens: Bool = false) -> LaneOutcome {
        var outcome = LaneOutcome()
        if opens { outcome.opened = segment }
        let extent = ContentExtent(offset: 0, length: 0, crc: 0, seed: 0)
        let record = ArrivedRecord(
            offset: from, length: synced - from, envelope: [1],
            content: ContentLocation(file: "f", header: extent, body: extent, bodyFile: nil, hasDotLines: false), committed: 1)
        outcome.committed = .init(segment: segment, from: from, synced: synced, records: [record])
        return outcome
    }

    private func acknowledgement(_ read: UInt64, sealed: Bool, lag: UInt32 = 0) -> ArrivalAcknowledgement {
        ArrivalAcknowledgement(segment: 7, read: read, sealed: sealed, lag: lag)
    }

    @Test("each batch once, with its records")
    func batches() {
        var book = ArrivalBook()
        let first = book.note(committed(4096, 5000, opens: true), canSend: true)
        #expect(first.map(\.from) == [4096] && first.map(\.synced) == [5000] && first[0].records.count == 1)
        let second = book.note(committed(5000, 6000), canSend: true)
        #expect(second.map(\.from) == [5000] && second.map(\.synced) == [6000])
        #expect(book.owed().isEmpty)
    }

    @Test("what could not be sent is made good by a notice without records, from the end, so that qmgr reads itself")
    func owed() {
        var book = ArrivalBook()
        #expect(book.note(committed(4096, 5000, opens: true), canSend: false).isEmpty)
        #expect(book.note(committed(5000, 6000), canSend: false).isEmpty)
        let notices = book.owed()
        #expect(notices.map(\.from) == [6000] && notices.map(\.synced) == [6000] && notices[0].records.isEmpty)
        #expect(book.owed().isEmpty && !book.owesAnything)
    }

    @Test("a new connection hears of every segment until its seal is acknowledged")
    func reconnect() {
        var book = ArrivalBook()
        _ = book.note(committed(4096, 5000, opens: true), canSend: true)
        #expect(book.connected().map(\.synced) == [5000])
        #expect(book.acknowledged(acknowledgement(5000, sealed: false, lag: 3)) == nil)
        #expect(book.lag == 3)
        // A seal that it does not know of yet cannot be acknowledged.
        _ = book.acknowledged(acknowledgement(5000, sealed: true))
        #expect(book.count == 1)
        var ended = LaneOutcome()
        ended.ended = [EndedSegment(segment: segment, synced: 5000, condemned: nil)]
        #expect(book.note(ended, canSend: true).map(\.sealed) == [true])
        #expect(book.connected().map(\.sealed) == [true])
        _ = book.acknowledged(acknowledgement(5000, sealed: true))
        #expect(book.count == 0 && book.connected().isEmpty)
        book.disconnected()
        #expect(book.lag == 0)
    }

    @Test("a segment without any record is announced too: a qmgr that starts waits for its owner's word")
    func empty() {
        var book = ArrivalBook()
        var opened = LaneOutcome()
        opened.opened = segment
        #expect(book.note(opened, canSend: true).map(\.synced) == [SegmentHeader.blockLength])
    }
}
