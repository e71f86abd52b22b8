internal import ArgumentParser
internal import CommandKit
internal import Glibc
internal import Mail
internal import Platform
internal import Spool
internal import Wire

extension Queue {
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write messages to standard output, to be imported by another spool or version.",
            discussion: """
                Only recipients that are still queued are written; the messages stay where they are. Put them on hold first, so that none
                is delivered in both places: martlet queue hold --all; martlet queue export > FILE; then delete or release them.
                """)
        @OptionGroup var options: InstanceOptions
        @Argument(help: "Only messages for which all these terms hold.")
        var filter: [String] = []

        func run() throws {
            try options.perform { instance throws(ExitError) in
                guard isatty(1) == 0 else { throw ExitError(status: EX_USAGE, message: "standard output is a terminal") }
                let filter = try parsed(filter)
                try instance.becomeOwner()
                try MessageExport(instance).run(filter)
            }
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take messages that \"martlet queue export\" wrote from standard input.",
            discussion: """
                The system must run. Queue IDs, arrival times and holds are kept; what has a queue ID that is in the queue is skipped, so
                an import that was interrupted can be repeated.
                """)
        @OptionGroup var options: InstanceOptions

        func run() throws {
            try options.perform { instance throws(ExitError) in
                try instance.becomeOwner()
                try MessageImport(instance).run()
            }
        }
    }
}

/// Writes messages in ``ExportFormat``.
///
/// *Failure:* a message that cannot be read is named on standard error, and the status is EX_DATAERR; the others are written.
private struct MessageExport {
    private let instance: Instance
    private let files = POSIXFileSystem()
    private let directory: SpoolDirectory

    init(_ instance: Instance) {
        self.instance = instance
        directory = SpoolDirectory(path: instance.queueDirectory)
    }

    func run(_ filter: QueueFilter) throws(ExitError) {
        var ids: [QueueID] = []
        try QueueReport.forEach(instance, filter: filter) { entry in
            if let id = QueueID(entry.id) { ids.append(id) }
        }
        let finder = RecordFinder(directory, files)
        let contents = ContentReader(queueDirectory: directory.path, fileSystem: files)
        try Output.write(ExportFormat.heading)
        var written: UInt64 = 0
        var failed = 0
        for id in ids {
            do throws(StoreError) {
                // Delivered meanwhile: it is no longer ours to move.
                guard let found = try finder.find(id) else { continue }
                if try write(found, contents) { written += 1 } else { failed += 1 }
            } catch {
                Output.complain("martlet: \(id): \(error)")
                failed += 1
            }
        }
        try Output.write(ExportFormat.endLine(written))
        Output.complain("martlet: \(written) message\(written == 1 ? "" : "s") exported")
        if failed > 0 { throw ExitError(status: EX_DATAERR, message: "\(failed) messages could not be read") }
    }

    /// False when the content is damaged: nothing is written of it then.
    private func write(_ found: FoundMessage, _ contents: ContentReader) throws(StoreError) -> Bool {
        var envelope = found.envelope
        if let state = found.state {
            envelope.recipients = envelope.recipients.enumerated().filter { state.queued.contains(UInt32($0.offset)) }
                .map(\.element)
            envelope.onHold = state.place == .hold
        }
        guard !envelope.recipients.isEmpty else { return true }
        // Its parent is not where it goes.
        envelope.origin = nil
        do {
            try verify(found, contents)
            let bytes = EnvelopeCoding.encode(envelope)
            let head = ExportFormat.Message(envelope.queueID, envelope: bytes, contentLength: found.content.size)
            try Output.write(head.line)
            try Output.write(bytes)
            var crc: UInt32 = 0
            var stream = try contents.open(found.content)
            while let part = try stream.next(maximum: 1 << 20) {
                crc = ExportFormat.checksum(part, after: crc)
                try Output.write(part)
            }
            try Output.write(ExportFormat.contentLine(crc))
            return true
        } catch {
            Output.complain("martlet: \(envelope.queueID): \(error)")
            return false
        }
    }

    private func verify(_ found: FoundMessage, _ contents: ContentReader) throws {
        var stream = try contents.open(found.content)
        while try stream.next(maximum: 1 << 20) != nil {}
    }
}

/// Hands messages in ``ExportFormat`` to cleanup.
///
/// *Failure:* a stream that is damaged or cut short ends it with EX_DATAERR; what was taken before stays. What cleanup refuses is named
/// on standard error, and the status is EX_DATAERR in the end.
private struct MessageImport {
    private static let chunk = 1 << 20
    private let instance: Instance
    private let input = BinaryInput()

    init(_ instance: Instance) { self.instance = instance }

    func run() throws(ExitError) {
        guard try input.line(limit: ExportFormat.longestLine).map({ $0 + "\n" }) == ExportFormat.heading else {
            throw ExitError(status: EX_DATAERR, message: "standard input is no export of a queue")
        }
        var (taken, known, refused) = (UInt64(0), UInt64(0), UInt64(0))
        while true {
            guard let text = try input.line(limit: ExportFormat.longestLine), let line = ExportFormat.line(text) else {
                throw ExitError(
                    status: EX_DATAERR, message: "the export is damaged or cut short behind message \(taken + known)")
            }
            switch line {
            case .message(let message):
                switch try take(message) {
                case .taken: taken += 1
                case .known: known += 1
                case .refused(let why):
                    refused += 1
                    Output.complain("martlet: \(message.queueID): \(why)")
                }
            case .content: throw ExitError(status: EX_DATAERR, message: "the export is damaged")
            case .end(let count):
                guard count == taken + known + refused else {
                    throw ExitError(status: EX_DATAERR, message: "\(count) messages were exported, these are not as many")
                }
                try Output.write("\(taken) taken, \(known) were in the queue already, \(refused) refused\n")
                if refused > 0 { throw ExitError(status: EX_DATAERR, message: "") }
                return
            }
        }
    }

    private enum Outcome {
        case taken, known
        case refused(String)
    }

    private func take(_ message: ExportFormat.Message) throws(ExitError) -> Outcome {
        let bytes = try input.bytes(Int(message.envelopeLength))
        guard ExportFormat.checksum(bytes) == message.envelopeCRC else {
            throw ExitError(status: EX_DATAERR, message: "\(message.queueID): the envelope fails its checksum")
        }
        var envelope: Envelope?
        if case .envelope(let decoded)? = try? EnvelopeCoding.decode(bytes) { envelope = decoded }
        let isKnown = try QueueReport.count(instance, filter: QueueFilter(ids: [message.queueID])) > 0
        guard let envelope, !isKnown else {
            try pass(message) { _ in }
            return isKnown ? .known : .refused("its envelope has fields of a later version")
        }
        let wire: BlockingWire
        do throws(SystemError) {
            wire = try BlockingWire(connectingTo: instance.socket("public/cleanup"))
            let flags: Submission.Flags = [.noAddressMappings, .noHeaderBodyChecks]
            try wire.send(Submission(envelope: envelope, flags: flags, prepended: [], contentLength: nil))
        } catch {
            throw ExitError(status: EX_UNAVAILABLE, message: "mail system is down (\(error.description))")
        }
        var broken: SystemError?
        do throws(ExitError) {
            try pass(message) { part in
                guard broken == nil else { return }
                do throws(SystemError) { try wire.send(ContentChunk(), payload: part) } catch { broken = error }
            }
        } catch {
            try? wire.send(ContentEnd(complete: false))
            throw error
        }
        if broken == nil { try? wire.send(ContentEnd(complete: true)) }
        do throws(BlockingWire.Failure) {
            switch try wire.receive(SubmissionResult.self).verdict {
            case .accepted, .discarded: return .taken
            case .refused(let reply, let status, let text): return .refused("\(reply) \(status) \(text)")
            }
        } catch {
            return .refused("no answer from cleanup: \(error)")
        }
    }

    /// The content, part by part; throws when it is not what was written.
    private func pass(_ message: ExportFormat.Message, _ body: ([UInt8]) -> Void) throws(ExitError) {
        var rest = message.contentLength
        var crc: UInt32 = 0
        while rest > 0 {
            let part = try input.bytes(Int(min(rest, UInt64(Self.chunk))))
            crc = ExportFormat.checksum(part, after: crc)
            rest -= UInt64(part.count)
            body(part)
        }
        guard let text = try input.line(limit: ExportFormat.longestLine), ExportFormat.line(text) == .content(crc) else {
            throw ExitError(status: EX_DATAERR, message: "\(message.queueID): the content fails its checksum")
        }
    }
}

/// Standard input as bytes.
private final class BinaryInput {
    private var buffer: [UInt8] = []
    private var position = 0

    /// Without its line feed; nil at the end, or when it is too long.
    func line(limit: Int) throws(ExitError) -> String? {
        while true {
            if let end = buffer[position...].prefix(limit).firstIndex(of: 0x0a) {
                defer { position = end + 1 }
                return String(decoding: buffer[position..<end], as: UTF8.self)
            }
            guard buffer.count - position < limit, try fill() else { return nil }
        }
    }

    func bytes(_ count: Int) throws(ExitError) -> [UInt8] {
        while buffer.count - position < count {
            guard try fill() else { throw ExitError(status: EX_DATAERR, message: "the export is cut short") }
        }
        defer { position += count }
        return Array(buffer[position..<position + count])
    }

    private func fill() throws(ExitError) -> Bool {
        buffer.removeFirst(position)
        position = 0
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let got = unsafe piece.withUnsafeMutableBytes { unsafe read(0, $0.baseAddress, $0.count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw ExitError(status: EX_IOERR, message: "read error on standard input") }
            buffer.append(contentsOf: piece[..<got])
            return got > 0
        }
    }
}
