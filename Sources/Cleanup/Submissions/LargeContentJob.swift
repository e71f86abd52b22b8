internal import Platform
internal import Spool

/// The blocking side of a large body: runs on a thread, one call at a time.
final class LargeContentJob: @unchecked Sendable {
    private let directory: SpoolDirectory
    private let fileSystem: any FileSystem
    private let entropy: any EntropySource
    /// nil for mail from inside, which may use all there is.
    private let space: SpaceGauge?
    private var writer: LargeContentWriter?
    private var dotLines = DotLines()

    enum Failure: Error { case noSpace, failed(SystemError) }

    init(directory: SpoolDirectory, fileSystem: any FileSystem, entropy: any EntropySource, space: SpaceGauge?) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.entropy = entropy
        self.space = space
    }

    func write(_ parts: [[UInt8]]) -> Failure? {
        do throws(SystemError) {
            let writer = try open()
            guard let writer else { return .noSpace }
            for part in parts {
                dotLines.look(at: part)
                try writer.append(part)
            }
            return nil
        } catch {
            return failure(error)
        }
    }

    private func open() throws(SystemError) -> LargeContentWriter? {
        if let writer { return writer }
        if let space, space.isShort() { return nil }
        let made = try LargeContentWriter(in: directory, fileSystem: fileSystem, entropy: entropy)
        writer = made
        return made
    }

    func finish() -> Result<(content: LargeContent, hasDotLines: Bool), Failure> {
        do throws(SystemError) {
            guard let writer = try open() else { return .failure(.noSpace) }
            return .success((try writer.finish(), dotLines.found))
        } catch {
            return .failure(failure(error))
        }
    }

    private func failure(_ error: SystemError) -> Failure {
        error.meansFull ? .noSpace : .failed(error)
    }

    /// The record that names the file is stored.
    func close() { writer?.close() }

    func abandon() {
        writer?.abandon()
        writer = nil
    }
}
