internal import CPlatform
internal import Glibc
internal import Platform

/// Starts a program with nothing of this one running between fork and exec.
struct ProgramStart {
    var path: String
    var arguments: [String]
    /// `NAME=value`; nothing else is in the child's environment.
    var environment: [String]
    /// Descriptors for 0, 1 and 2; -1 leaves the one of this process.
    var standard: [Int32] = [-1, -1, -1]
    /// Descriptor 3 of the child; -1 for none.
    var channel: Int32 = -1
    var leadsSession = false
    var directory: String?

    func run() throws(SystemError) -> pid_t {
        precondition(standard.count == 3, "a program has three standard descriptors")
        var child = pid_t(0)
        let code = unsafe CStringArray(arguments).withPointers { argumentPointers in
            unsafe CStringArray(environment).withPointers { environmentPointers in
                unsafe martlet_spawn_program(
                    path, argumentPointers, environmentPointers, standard, channel, leadsSession ? 1 : 0, directory, &child)
            }
        }
        guard code == 0 else { throw SystemError("execute", path, errno) }
        return child
    }
}

/// Strings as C's null-terminated array of them.
private struct CStringArray {
    private let bytes: [UInt8]
    private let offsets: [Int]

    init(_ texts: [String]) {
        var bytes: [UInt8] = []
        var offsets: [Int] = []
        for text in texts {
            offsets.append(bytes.count)
            bytes.append(contentsOf: text.utf8.prefix { $0 != 0 })
            bytes.append(0)
        }
        self.bytes = bytes
        self.offsets = offsets
    }

    func withPointers(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32) -> Int32 {
        var copy = bytes
        copy.append(0)
        return unsafe copy.withUnsafeMutableBytes { buffer in
            let base = buffer.baseAddress
            var pointers = unsafe offsets.map { unsafe base?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            unsafe pointers.append(nil)
            return unsafe pointers.withUnsafeBufferPointer { list in
                guard let first = list.baseAddress else { return -1 }
                return unsafe body(first)
            }
        }
    }
}
