internal import DaemonKit
internal import LookupTables
internal import Mail
internal import Routing

/// Whose an address is, and whether it exists: the questions about recipients, each asked of tables once.
///
/// That somebody exists is remembered for some seconds (getpwnam reads a file each time); that somebody does not is asked again, so
/// that a new account gets its first mail.
/// *Failure:* ``LookupError``, which is answered 451.
@EventLoopActor
final class RecipientDirectory {
    private static let capacity = 1000
    private static let lifetime: UInt64 = 10_000_000_000

    private let check: RecipientCheck
    private let now: () -> UInt64
    private var last: (address: EmailAddress, resolution: Resolution)?
    private var existing: [EmailAddress: UInt64] = [:]

    /// - Parameter now: monotonic nanoseconds.
    init(_ check: RecipientCheck, now: @escaping () -> UInt64) {
        self.check = check
        self.now = now
    }

    var extensions: AddressExtension { check.resolver.extensions }

    func addressClass(of address: EmailAddress) throws(LookupError) -> AddressClass { try resolve(address).addressClass }

    /// `.acceptable` for what is not ours.
    func existence(of address: EmailAddress) throws(LookupError) -> RecipientCheck.Verdict {
        if let until = existing[address], until > now() { return .acceptable }
        let verdict = try check.check(try resolve(address))
        if verdict == .acceptable {
            if existing.count >= Self.capacity { existing.removeAll(keepingCapacity: true) }
            existing[address] = now() &+ Self.lifetime
        }
        return verdict
    }

    private func resolve(_ address: EmailAddress) throws(LookupError) -> Resolution {
        if let last, last.address == address { return last.resolution }
        let resolution = try check.resolver.resolve(recipient: address)
        last = (address, resolution)
        return resolution
    }
}
