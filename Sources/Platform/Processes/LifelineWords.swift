/// What comes up a lifeline: states of one byte (``WorkerState``), and words behind ``WorkerState/word`` and their length.
///
/// Bytes in any split; *Failure:* what is no state is ignored, a word that is not UTF-8 too.
package struct LifelineReader: Equatable, Sendable {
    package enum Item: Equatable, Sendable {
        case state(WorkerState)
        case word(String)
        /// A piece of the sentence behind ``WorkerState/failed``.
        case complaint([UInt8])
    }

    private enum Phase: Equatable, Sendable {
        case states
        case length([UInt8])
        case word([UInt8], count: Int)
        case complaint
    }
    private var phase = Phase.states

    package init() {}

    package mutating func read(_ bytes: some Sequence<UInt8>) -> [Item] {
        var items: [Item] = []
        for byte in bytes {
            switch phase {
            case .states: take(byte, &items)
            case .length(let first) where first.isEmpty: phase = .length([byte])
            case .length(let first):
                let count = Int(first[0]) | Int(byte) << 8
                phase = count == 0 ? .states : .word([], count: count)
            case .word(var text, let count):
                text.append(byte)
                phase = .word(text, count: count)
                guard text.count == count else { continue }
                phase = .states
                if let word = String(validating: text, as: UTF8.self) { items.append(.word(word)) }
            case .complaint:
                if case .complaint(let text)? = items.last {
                    items[items.count - 1] = .complaint(text + [byte])
                } else {
                    items.append(.complaint([byte]))
                }
            }
        }
        return items
    }

    private mutating func take(_ byte: UInt8, _ items: inout [Item]) {
        guard let state = WorkerState(rawValue: byte) else { return }
        switch state {
        case .word: phase = .length([])
        case .failed:
            phase = .complaint
            items.append(.state(state))
        default: items.append(.state(state))
        }
    }

    /// A word as it goes up; nil when it is too long.
    package static func encode(_ word: String) -> [UInt8]? {
        let text = Array(word.utf8)
        guard !text.isEmpty, text.count <= Int(UInt16.max) else { return nil }
        return [WorkerState.word.rawValue, UInt8(truncatingIfNeeded: text.count), UInt8(truncatingIfNeeded: text.count >> 8)]
            + text
    }
}

/// What master says down a lifeline, a line each.
package enum MasterWord: Equatable, Sendable {
    /// To qmgr: this message has crashed a program twice.
    case hold(String)
    /// To smtpd: this client has.
    case alone(String)
    /// All workers of the service are full, or no longer so.
    case stress(Bool)
    /// The suite stops: there is no successor, nobody is to be waited for who does nothing.
    case hurry

    package var line: String {
        switch self {
        case .hold(let message): "hold \(message)\n"
        case .alone(let client): "alone \(client)\n"
        case .hurry: "hurry 1\n"
        case .stress(let isOn): "stress \(isOn ? 1 : 0)\n"
        }
    }

    /// nil for what a later master may say.
    package init?(_ line: some StringProtocol) {
        let parts = line.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "hold": self = .hold(String(parts[1]))
        case "alone": self = .alone(String(parts[1]))
        case "hurry": self = .hurry
        case "stress": self = .stress(parts[1] == "1")
        default: return nil
        }
    }
}
