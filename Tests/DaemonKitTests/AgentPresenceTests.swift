import Glibc
import Testing

@testable import DaemonKit

/// Marks are of processes: a child of its own plays the agent.
@Suite("marks of agents")
struct AgentPresenceTests {
    /// Python holds marks on these bytes until its input ends; says so first.
    private static let program = """
        import fcntl, os, struct, sys
        file = os.open(sys.argv[1], os.O_RDONLY)
        for place in sys.argv[2:]:
            fcntl.fcntl(file, fcntl.F_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, int(place), 1, 0))
        os.write(1, b"!")
        os.read(0, 1)
        """

    private final class Child {
        let process: pid_t
        private let input: Int32

        init(_ path: String, _ places: [UInt64]) throws {
            var toChild: [Int32] = [-1, -1]
            var fromChild: [Int32] = [-1, -1]
            unsafe pipe(&toChild)
            unsafe pipe(&fromChild)
            var actions = unsafe posix_spawn_file_actions_t()
            unsafe posix_spawn_file_actions_init(&actions)
            unsafe posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
            unsafe posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
            for descriptor in toChild + fromChild { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
            let words = ["python3", "-c", AgentPresenceTests.program, path] + places.map(String.init)
            var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
            var started: pid_t = 0
            let failure = unsafe posix_spawnp(&started, "python3", &actions, nil, &arguments, environ)
            try #require(failure == 0)
            process = started
            input = toChild[1]
            close(toChild[0])
            close(fromChild[1])
            var byte: UInt8 = 0
            try #require(unsafe read(fromChild[0], &byte, 1) == 1)
            close(fromChild[0])
        }

        func kill() {
            Glibc.kill(process, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(process, &status, 0)
            close(input)
        }
    }

    @Test("every living process is seen with all its marks, a killed one with none, one's own never")
    func holders() throws {
        let path = "/tmp/martlet-presence-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        close(unsafe open(path, O_CREAT | O_RDWR, 0o600))
        defer { unsafe unlink(path) }
        let presence = try AgentPresence(path: path)
        try presence.mark(77, .deliveries)
        #expect(try presence.holders() == [])
        // The kernel lists marks by process, not by place: the second has some on both sides of the first's.
        let first = try Child(path, [200, 203])
        let second = try Child(path, [100, 103, 300, 1 << 61])
        func seen() throws -> Set<AgentPresence.Holder> { Set(try presence.holders()) }
        let all: Set<AgentPresence.Holder> = [
            .init(lease: 100, task: .deliveries, process: first.process),
            .init(lease: 101, task: .notices, process: first.process),
            .init(lease: 50, task: .deliveries, process: second.process),
            .init(lease: 51, task: .notices, process: second.process),
            .init(lease: 150, task: .deliveries, process: second.process),
            .init(lease: 1 << 60, task: .deliveries, process: second.process),
        ]
        #expect(try seen() == all)
        first.kill()
        #expect(try seen() == all.filter { $0.process == second.process })
        second.kill()
        #expect(try seen() == [])
    }
}
