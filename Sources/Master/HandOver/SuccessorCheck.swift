internal import CPlatform
internal import Glibc
internal import Platform

/// Asks the program that is to take master's place whether it can: it reads the configuration and what is handed over, and asks
/// the new programs for their parameters.
///
/// *Failure:* a sentence; a program that says nothing in time is killed, and is no successor.
enum SuccessorCheck {
    /// master's option; the state is its standard input.
    static let option = "--judge-hand-over"
    private static let limit: Int32 = 30_000

    /// - Throws: why the program must not take over.
    static func ask(_ path: String, directory: String, state: Int32) throws(MasterFailure) {
        var ends: [Int32] = [-1, -1]
        guard unsafe martlet_pipe(&ends) == 0 else { throw MasterFailure(SystemError("pipe", path, errno).description) }
        defer { close(ends[0]) }
        var words = unsafe ([path, "-c", directory, option] as [String]).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        let standard = [state, ends[1], -1]
        var child: pid_t = 0
        let began = unsafe martlet_spawn_program(path, &words, environ, standard, -1, 0, nil, &child)
        let failure = errno
        close(ends[1])
        guard began == 0 else { throw MasterFailure(SystemError("start", path, failure).description) }
        let (said, isInTime) = listen(ends[0])
        if !isInTime { kill(child, SIGKILL) }
        var status: Int32 = 0
        let waited = retrying { unsafe waitpid(child, &status, 0) }
        guard isInTime else { throw MasterFailure("\(path) does not say within \(limit / 1000) s whether it can take over") }
        guard waited == child, status == 0 else {
            throw MasterFailure(said.isEmpty ? "\(path) cannot take over: it ended with status \(status >> 8 & 0xff)" : said)
        }
    }

    private static func listen(_ pipe: Int32) -> (said: String, isInTime: Bool) {
        var words: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        let clock = SystemTime()
        let end = clock.monotonic + UInt64(limit) * 1_000_000
        while true {
            let now = clock.monotonic
            guard now < end, words.count < 65_536 else { return ("", false) }
            var interest = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            let ready = unsafe poll(&interest, 1, Int32((end - now) / 1_000_000) + 1)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { continue }
            let got = unsafe buffer.withUnsafeMutableBytes { buffer in
                retrying { unsafe read(pipe, buffer.baseAddress, buffer.count) }
            }
            guard got > 0 else { break }
            words += buffer[..<got]
        }
        let text = String(decoding: words, as: UTF8.self)
        return (text.hasSuffix("\n") ? String(text.dropLast()) : text, true)
    }

    /// The other side: this program is the successor that is asked. Prints why it cannot.
    static func judge(directory: String) -> Int32 {
        do throws(MasterFailure) {
            let state = try HandOverFile.read(0)
            let settings = try InstanceSettings.load(directory: directory)
            try settings.demandSamePlaces(queueDirectory: state.queueDirectory, dataDirectory: state.dataDirectory)
            _ = try ServiceTable.load(settings)
            return 0
        } catch {
            print(error.message)
            return error.exitStatus
        }
    }
}
