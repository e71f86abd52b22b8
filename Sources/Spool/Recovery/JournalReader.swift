import Mail
import Platform

/// Reads the journal files that earlier processes left.
///
/// What cannot be read behind the last known sync is a torn end: those events were never promised. What cannot be read before
/// it is damage: nobody knows whom it named, so the caller holds whoever is undecided.
struct JournalReader {
    struct Result {
        var replay = Replay()
        /// Every file, oldest first.
        var files: [UInt64] = []
        /// Up to where each is known to have been synced.
        var ends: [UInt64: UInt64] = [:]
        /// Those with damage.
        var damagedFiles: [UInt64] = []
        var problems: [String] = []
    }

    let directory: SpoolDirectory
    let fileSystem: any FileSystem
    /// Nothing is to be relied on: no file is synced.
    var isReadOnly = false

    /// - Parameter known: up to where the index says that the journal had been synced.
    func read(
        known: JournalPosition?, where isKnown: (_ segment: UInt64, _ nonce: SegmentNonce) -> Bool
    ) throws(StoreError) -> Result {
        var result = Result()
        result.files = try numbers()
        var required: [UInt64: UInt64] = [:]
        if let known { required[known.file] = known.offset }
        var contents: [(UInt64, EventFileContents)] = []
        for number in result.files {
            switch try read(number) {
            case .success(let file):
                for frame in file.frames {
                    required[frame.position.file] = max(required[frame.position.file] ?? 0, frame.position.offset)
                }
                result.replay.add(file.frames.flatMap(\.events), where: isKnown)
                contents.append((number, file))
            case .failure(let why): result.note(number, why)
            }
        }
        for (number, file) in contents {
            let synced = required[number] ?? 0
            result.ends[number] = synced
            if let damage = file.damage(before: synced) { result.note(number, damage) }
        }
        try checkNumbers(&result, known: known)
        return result
    }

    private func numbers() throws(StoreError) -> [UInt64] {
        do {
            return try fileSystem.list(directory.journal)
                .compactMap { SpoolDirectory.number(in: $0, extension: ".journal") }.sorted()
        } catch {
            throw .system(error)
        }
    }

    private enum Outcome {
        case success(EventFileContents)
        case failure(String)
    }

    /// Synced first, for what the dead process wrote last may be in memory only; then from the disk, for a sync that failed in its
    /// life is not reported again.
    private func read(_ number: UInt64) throws(StoreError) -> Outcome {
        do throws(SystemError) {
            let file = try fileSystem.open(directory.journal(number), isReadOnly ? .read : .readWrite)
            defer { file.close() }
            if !isReadOnly {
                do throws(SystemError) { try file.sync() } catch {}
                try file.dropCache()
            }
            do throws(EventFileContents.Failure) {
                let contents = try EventFileContents.read(file, kind: .journal)
                return contents.header.number == number ? .success(contents) : .failure("its header names another file")
            } catch {
                return .failure(error.description)
            }
        } catch {
            throw .system(error)
        }
    }

    /// A file that is missing in the row, or that the index saw and nobody sees now, is damage as well.
    private func checkNumbers(_ result: inout Result, known: JournalPosition?) throws(StoreError) {
        for (number, next) in zip(result.files, result.files.dropFirst()) where next > number + 1 {
            result.note(number + 1, "it is missing")
        }
        if let known, known.offset > 0, known.file > result.files.last ?? 0 { result.note(known.file, "it is missing") }
    }
}

extension JournalReader.Result {
    mutating func note(_ number: UInt64, _ what: String) {
        damagedFiles.append(number)
        problems.append("journal file \(SpoolDirectory.name(number)): \(what)")
    }
}
