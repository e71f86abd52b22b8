package import Platform

/// Why the store could not do what was asked. Nothing that had been promised before is lost by any of these.
package enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another qmgr, or a tool, holds the lock on the queue.
    case locked(path: String)
    /// A system call failed.
    case system(SystemError)
    /// A segment cannot be read.
    case segment(SegmentError)
    /// The index refused; the journal is the truth, the commit is tried again later.
    case index(IndexError)
    /// The journal cannot grow: start no delivery (``QueueStore/canRecord``).
    case journalFull
    /// No such message, or it has no recipient left.
    case unknownMessage

    package var description: String {
        switch self {
        case .locked(let path): "\(path) is locked by another process"
        case .system(let error): error.description
        case .segment(let error): error.description
        case .index(let error): "queue index: \(error)"
        case .journalFull: "the journal cannot grow"
        case .unknownMessage: "no such message in the queue"
        }
    }
}
