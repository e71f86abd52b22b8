package import NIOCore

/// The memory of one connection's reads: little for the first words of a client, then a round trip of commands or a small
/// message in one system call.
///
/// Each read gets fresh memory. NIO's pool, which would keep it, holds a second reference when it makes a buffer, so that the first
/// reads of every connection copy all of it, used or not. For the same reason a channel reads once for each event
/// (`maxMessagesPerRead`): more would make the pool larger than one buffer.
package struct ReadBuffers: RecvByteBufferAllocator {
    private static let firstSize = 2048
    private static let size = 131_072
    private var isFirst = true

    package init() {}

    package func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: isFirst ? Self.firstSize : Self.size)
    }

    package mutating func record(actualReadBytes: Int) -> Bool {
        isFirst = false
        return true
    }

    package func nextBufferSize() -> Int? { nil }
}
