import Mail

/// Where the index stands. Written in every commit.
struct MetaRow: Equatable {
    static let key: [UInt8] = Array("state".utf8)
    static let version: UInt32 = 2

    var journal: JournalPosition

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 24)
        writer.write(Self.version)
        writer.write(journal.file)
        writer.write(journal.offset)
        return writer.bytes
    }

    /// nil when it is another version's.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let version = try? reader.read(UInt32.self), version == Self.version, let file = try? reader.read(UInt64.self),
            let offset = try? reader.read(UInt64.self)
        else { return nil }
        journal = JournalPosition(file: file, offset: offset)
    }

    init(journal: JournalPosition) { self.journal = journal }
}

/// `segments`: how far qmgr has read, and how much of it is undone.
struct SegmentRow: Equatable {
    var nonce: SegmentNonce
    /// Records before this are final or have rows.
    var readOffset: UInt64
    /// Records from here on have no rows.
    var highWater: UInt64
    var sealedEnd: UInt64?
    /// Records with rows.
    var live: UInt32

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.write(nonce)
        writer.write(readOffset)
        writer.write(highWater)
        writer.write(sealedEnd)
        writer.write(live)
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(IndexError) -> SegmentRow {
        var reader = ByteReader(bytes)
        do {
            return SegmentRow(
                nonce: try SegmentNonce(from: &reader), readOffset: try reader.read(UInt64.self),
                highWater: try reader.read(UInt64.self), sealedEnd: try reader.read(UInt64?.self),
                live: try reader.read(UInt32.self))
        } catch {
            throw .damaged("a row of segments: \(error)")
        }
    }
}

/// `messages`: what is needed to list a message, to find its record again and to remove its rows.
struct MessageRow: Equatable {
    var nonce: SegmentNonce
    var queueID: QueueID
    var sender: ReversePath
    /// Microseconds since 1970.
    var arrival: Int64
    var size: UInt64
    var recipientCount: UInt32
    /// `deferred`, `hold`, `deleted` or `maildrop`.
    var place: QueueFilter.State
    /// To be returned as too old.
    var isExpired: Bool
    /// Seconds since 1970; nil when it waits for an operator. Of a deleted one: when it can no longer be restored.
    var nextAttempt: Int64?
    /// Microseconds since 1970: in the queue since then without an attempt. Flushing passes over what came back after it began.
    var putBack: Int64
    var restorableUntil: Int64
    /// The file in large/ that it keeps.
    var bodyFile: String?

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 128)
        writer.write(nonce)
        writer.write(queueID)
        writer.write(sender)
        writer.write(arrival)
        writer.write(size)
        writer.write(recipientCount)
        writer.write(place.rawValue)
        writer.write(isExpired)
        writer.write(nextAttempt)
        writer.write(putBack)
        writer.write(restorableUntil)
        writer.write(bodyFile)
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(IndexError) -> MessageRow {
        var reader = ByteReader(bytes)
        do {
            return MessageRow(
                nonce: try SegmentNonce(from: &reader), queueID: try QueueID(from: &reader),
                sender: try ReversePath(from: &reader), arrival: try reader.read(Int64.self),
                size: try reader.read(UInt64.self), recipientCount: try reader.read(UInt32.self),
                place: try reader.readCase(), isExpired: try reader.read(Bool.self),
                nextAttempt: try reader.read(Int64?.self), putBack: try reader.read(Int64.self),
                restorableUntil: try reader.read(Int64.self), bodyFile: try reader.read(String?.self))
        } catch {
            throw .damaged("a row of messages: \(error)")
        }
    }
}

/// `recipients`: one that is not done.
struct RecipientRow: Equatable {
    var flags: RecipientStates.Flags
    /// Internal form.
    var address: String
    /// Internal form; empty when it is the same.
    var original: String
    /// Of the next hop; 0 when no attempt was made.
    var site: UInt64
    /// Of an unreported recipient how it ended, else why the last attempt failed.
    var status: DeliveryStatus?

    /// Of the address's domain.
    var domain: UInt64 { IndexKeys.digest(of: EmailAddress(internal: address).domain) }

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 128)
        writer.write(flags.rawValue)
        writer.write(address)
        writer.write(original)
        writer.write(site)
        writer.write(status)
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(IndexError) -> RecipientRow {
        var reader = ByteReader(bytes)
        do {
            return RecipientRow(
                flags: RecipientStates.Flags(rawValue: try reader.read(UInt8.self)), address: try reader.read(String.self),
                original: try reader.read(String.self), site: try reader.read(UInt64.self),
                status: try reader.read(DeliveryStatus?.self))
        } catch {
            throw .damaged("a row of recipients: \(error)")
        }
    }
}
