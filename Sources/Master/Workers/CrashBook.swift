internal import Platform

/// What programs were at when they crashed, and what follows from the second time. Values only.
///
/// A message is put on hold by qmgr, a client is served alone, the index is built anew. A first crash may be anything's fault.
/// *Failure:* bounded; what does not fit, or is older than a day, is forgotten, and counts from one again.
struct CrashBook: Equatable {
    enum Measure: Equatable {
        case hold(String)
        case isolate([UInt8])
        case rebuildIndex
    }

    struct Mark: Equatable {
        var count: UInt32
        var last: Duration
    }

    static let limit = 256
    static let memory: Duration = .seconds(86_400)
    /// So long a client is served alone after its last crash.
    static let isolation: Duration = .seconds(3600)

    var messages: [String: Mark] = [:]
    var clients: [[UInt8]: Mark] = [:]
    var index = Mark(count: 0, last: .zero)
    /// Queue IDs that qmgr has not yet put on hold.
    var toHold: [String] = []
    var rebuildsIndex = false

    mutating func crashed(_ reading: BreadcrumbReading, program: String, at now: Duration) -> [Measure] {
        forget(before: now - Self.memory)
        var measures: [Measure] = []
        if !reading.isOver, let message = reading.message, Self.count(message, in: &messages, at: now) >= 2 {
            if !toHold.contains(message) { toHold.append(message) }
            measures.append(.hold(message))
        }
        if !reading.isOver, reading.activity == .session, !reading.client.isEmpty,
            Self.count(reading.client, in: &clients, at: now) >= 2
        {
            measures.append(.isolate(reading.client))
        }
        if program == "qmgr", reading.helper == .index {
            index = Mark(count: index.count &+ 1, last: now)
            if index.count >= 2 {
                rebuildsIndex = true
                measures.append(.rebuildIndex)
            }
        }
        return measures
    }

    mutating func wasHeld(_ message: String) { toHold.removeAll { $0 == message } }

    /// A qmgr that was told to has begun.
    mutating func indexIsRebuilt() {
        rebuildsIndex = false
        index.count = 0
    }

    func isolatedClients(at now: Duration) -> [[UInt8]] {
        clients.filter { $0.value.count >= 2 && now - $0.value.last < Self.isolation }.map(\.key).sorted {
            $0.lexicographicallyPrecedes($1)
        }
    }

    private static func count<Key: Hashable>(_ key: Key, in marks: inout [Key: Mark], at now: Duration) -> UInt32 {
        guard marks[key] != nil || marks.count < limit else { return 1 }
        let count = (marks[key]?.count ?? 0) &+ 1
        marks[key] = Mark(count: count, last: now)
        return count
    }

    private mutating func forget(before limit: Duration) {
        messages = messages.filter { $0.value.last >= limit }
        clients = clients.filter { $0.value.last >= limit }
        if index.last < limit { index.count = 0 }
    }
}
