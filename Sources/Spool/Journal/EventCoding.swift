import Mail

/// The bytes of events inside a frame: items of a tag and its fields. A segment is named once for the run of events that
/// follow it, so that the usual event (one recipient is done) takes 13 bytes.
enum EventCoding {
    /// Tags are for ever: the next version may add some, which this one refuses to misread.
    private enum Tag: UInt8 {
        case segment = 0x01
        case done = 0x10
        case unreported, held, released, deleted, restored, delayWarned, expired, quarantined, child, sealed, requeued
        /// Fills a frame up to its alignment.
        case padding = 0x7f
    }

    static let alignment = 8

    /// Appends to a writer whose contents so far are aligned; pads at the end.
    static func encode(_ events: some Sequence<JournalEvent>, into writer: inout ByteWriter) {
        var segment: (number: UInt64, nonce: SegmentNonce)?
        for event in events {
            let location = event.location
            if segment?.number != location.segment || segment?.nonce != location.nonce {
                writer.write(Tag.segment.rawValue)
                writer.write(location.segment)
                writer.write(location.nonce.high)
                writer.write(location.nonce.low)
                segment = (location.segment, location.nonce)
            }
            encode(event, into: &writer)
        }
        while writer.bytes.count % alignment != 0 { writer.write(Tag.padding.rawValue) }
    }

    private static func encode(_ event: JournalEvent, into writer: inout ByteWriter) {
        writer.write(tag(of: event.change).rawValue)
        writer.write(event.location.offset)
        writer.write(event.ordinal)
        switch event.change {
        case .unreported(let status): writer.write(status)
        case .deleted(let until): writer.write(until)
        case .child(let location, let purpose):
            writer.write(location)
            writer.write(purpose.rawValue)
        case .done, .held, .released, .restored, .delayWarned, .expired, .quarantined, .sealed, .requeued: break
        }
    }

    private static func tag(of change: JournalEvent.Change) -> Tag {
        switch change {
        case .done: .done
        case .unreported: .unreported
        case .held: .held
        case .released: .released
        case .deleted: .deleted
        case .restored: .restored
        case .delayWarned: .delayWarned
        case .expired: .expired
        case .quarantined: .quarantined
        case .child: .child
        case .sealed: .sealed
        case .requeued: .requeued
        }
    }

    /// - Throws: when the bytes, though their checksum holds, are no events: a later version's, or a fault of ours.
    static func decode(_ payload: ArraySlice<UInt8>) throws(DecodingFailure) -> [JournalEvent] {
        var reader = ByteReader(payload)
        var events: [JournalEvent] = []
        var segment: (number: UInt64, nonce: SegmentNonce)?
        while reader.remaining > 0 {
            let tag: Tag = try reader.readCase()
            switch tag {
            case .padding: continue
            case .segment: segment = (try reader.read(UInt64.self), try SegmentNonce(from: &reader))
            default:
                guard let segment else { throw DecodingFailure("an event before any segment") }
                let offset = try reader.read(UInt64.self)
                let ordinal = try reader.read(UInt32.self)
                let location = RecordLocation(segment: segment.number, nonce: segment.nonce, offset: offset)
                events.append(JournalEvent(try change(tag, from: &reader), location: location, ordinal: ordinal))
            }
        }
        return events
    }

    private static func change(_ tag: Tag, from reader: inout ByteReader) throws(DecodingFailure) -> JournalEvent.Change {
        switch tag {
        case .segment, .padding: preconditionFailure("handled by the caller")
        case .done: .done
        case .unreported: .unreported(try reader.read(DeliveryStatus.self))
        case .held: .held
        case .released: .released
        case .deleted: .deleted(restorableUntil: try reader.read(Int64.self))
        case .restored: .restored
        case .delayWarned: .delayWarned
        case .expired: .expired
        case .quarantined: .quarantined
        case .child: .child(try reader.read(RecordLocation.self), try reader.readCase())
        case .sealed: .sealed
        case .requeued: .requeued
        }
    }
}
