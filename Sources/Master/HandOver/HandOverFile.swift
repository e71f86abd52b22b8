internal import CPlatform
internal import Glibc
internal import Mail
internal import Platform

/// The file in memory in which a ``HandOver`` passes over an exec; its number is in an environment variable.
enum HandOverFile {
    static let variable = "MARTLET_HAND_OVER"

    static func write(_ state: HandOver) throws(MasterFailure) -> Int32 {
        let bytes = state.encoded
        let descriptor = unsafe bytes.withUnsafeBytes {
            unsafe martlet_memory_file("martlet-hand-over", $0.baseAddress, $0.count)
        }
        guard descriptor >= 0 else { throw MasterFailure(SystemError("memfd_create", "hand-over", errno).description) }
        return descriptor
    }

    static func read(_ descriptor: Int32) throws(MasterFailure) -> HandOver {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= HandOver.limit {
            let got = unsafe piece.withUnsafeMutableBytes { buffer in
                retrying { unsafe pread(descriptor, buffer.baseAddress, buffer.count, off_t(bytes.count)) }
            }
            guard got >= 0 else { throw MasterFailure(SystemError("read", "hand-over", errno).description) }
            if got == 0 { break }
            bytes += piece[..<got]
        }
        do throws(DecodingFailure) {
            return try HandOver(decoding: bytes)
        } catch {
            throw MasterFailure("what the running master hands over cannot be read: \(error)")
        }
    }
}
