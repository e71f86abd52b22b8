internal import CPlatform
internal import Glibc

/// The zone of local time, for dates in messages (MessageFormat's `ZoneOffset` takes these two).
package struct LocalZone: Equatable, Sendable {
    /// Seconds east of UTC.
    package var offset: Int32
    /// `CEST`; empty when unknown.
    package var name: String

    /// Reads /etc/localtime at its first use in the process.
    ///
    /// - Parameter seconds: since 1970.
    package init(at seconds: Int64) {
        var buffer = [CChar](repeating: 0, count: 32)
        var length = 0
        offset = unsafe martlet_zone(seconds, &buffer, buffer.count, &length)
        name = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
