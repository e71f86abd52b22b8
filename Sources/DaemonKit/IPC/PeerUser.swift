internal import Glibc
package import NIOCore

/// Who is at the other end of a UNIX socket.
package enum PeerUser {
    /// The uid of the process that connected (SO_PEERCRED); 65534 for one in another user namespace; nil when it is gone.
    @EventLoopActor
    package static func of(_ channel: any Channel) async -> UInt32? {
        guard let options = channel as? any SocketOptionProvider else { return nil }
        let credentials: PeerCredentials? = try? await options.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: CInt(SO_PEERCRED))
        ).get()
        return credentials?.user
    }
}

/// struct ucred of unix(7).
private struct PeerCredentials {
    var process: Int32
    var user: UInt32
    var group: UInt32
}
