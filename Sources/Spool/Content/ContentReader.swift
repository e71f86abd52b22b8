package import Mail
package import Platform

/// Why a content cannot be sent on.
package enum ContentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file is gone: ask qmgr again, this is no delivery failure.
    case gone(path: String)
    /// The bytes are not those that were stored: send no final dot, report it.
    case damaged(path: String)
    case system(SystemError)

    package var description: String {
        switch self {
        case .gone(let path): "\(path) is gone"
        case .damaged(let path): "\(path): the message's content fails its checksum"
        case .system(let error): error.description
        }
    }
}

/// Opens contents for delivery agents, and keeps the descriptors of the last few files.
///
/// Blocking, but of mail that has just come the pages are in memory. One thread at a time.
package final class ContentReader {
    private let queueDirectory: String
    private let fileSystem: any FileSystem
    private let maximumDescriptors: Int
    /// The most recently used last.
    private var files: [(name: String, file: CachedFile)] = []

    /// - Parameter queueDirectory: empty when it is the process's directory.
    package init(queueDirectory: String, fileSystem: any FileSystem, maximumDescriptors: Int = 16) {
        self.queueDirectory = queueDirectory
        self.fileSystem = fileSystem
        self.maximumDescriptors = maximumDescriptors
    }

    /// The content, header block first, as chunks.
    package func open(_ content: ContentLocation) throws(ContentError) -> ContentStream {
        let file = try file(content.file)
        let body = try content.bodyFile.map { (name) throws(ContentError) in try self.file(name) } ?? file
        return ContentStream(content: content, headerFile: file, bodyFile: body)
    }

    /// All of a content that is at most `limit` bytes long, verified: nothing of a damaged one is ever sent. nil when it is longer.
    package func load(_ content: ContentLocation, limit: Int = 256 << 10) throws(ContentError) -> [UInt8]? {
        guard content.size <= UInt64(limit) else { return nil }
        var stream = try open(content)
        let first = try stream.next(maximum: limit) ?? []
        guard let second = try stream.next(maximum: limit) else { return first }
        return first + second
    }

    /// The header block alone, verified.
    package func loadHeader(_ content: ContentLocation) throws(ContentError) -> [UInt8] {
        var onlyHeader = content
        onlyHeader.body = ContentExtent(offset: 0, length: 0, crc: 0, seed: 0)
        onlyHeader.bodyFile = nil
        var stream = try open(onlyHeader)
        var bytes: [UInt8] = []
        while let chunk = try stream.next() { bytes += chunk }
        return bytes
    }

    /// These files are removed: descriptors would keep them on the disk.
    package func retire(_ names: [String]) {
        guard !names.isEmpty else { return }
        files.removeAll { names.contains($0.name) }
    }

    private func file(_ name: String) throws(ContentError) -> CachedFile {
        if let index = files.lastIndex(where: { $0.name == name }) {
            let entry = files[index]
            if index != files.count - 1 {
                files.remove(at: index)
                files.append(entry)
            }
            return entry.file
        }
        guard !name.isEmpty, name.utf8.first != UInt8(ascii: "/"), !name.split(separator: "/").contains("..") else {
            throw .gone(path: name)
        }
        do {
            let path = queueDirectory.isEmpty ? name : queueDirectory + "/" + name
            let file = CachedFile(try fileSystem.open(path, .read))
            if files.count >= maximumDescriptors { files.removeFirst() }
            files.append((name, file))
            return file
        } catch  where error.code == SystemError.notFound {
            throw .gone(path: name)
        } catch {
            throw .system(error)
        }
    }
}

/// Closes its descriptor when neither the cache nor a stream needs it.
final class CachedFile {
    let file: any File
    init(_ file: any File) { self.file = file }
    deinit { file.close() }
}
