internal import CPlatform
internal import Glibc
internal import MailLog
internal import Platform

/// What this master finds at its start: the state of the one before in the same process, or sockets only.
enum Inheritance {
    /// A start from nothing; sockets may come from the service manager.
    case none(sockets: [Int32])
    /// The master before this one executed us.
    case master(HandOver)

    /// Takes it out of the environment, so that no worker finds it.
    static func find() -> Inheritance {
        guard let text = environmentValue(HandOverFile.variable) else {
            return .none(sockets: ServiceManager.inheritedSockets(environment: environmentValue))
        }
        unsafe unsetenv(HandOverFile.variable)
        guard let descriptor = Int32(text), descriptor > 2 else { return .none(sockets: []) }
        defer { close(descriptor) }
        do throws(MasterFailure) {
            return .master(try HandOverFile.read(descriptor).verified())
        } catch {
            // The check before the exec makes this next to impossible. Clients are not refused: sockets say themselves what they
            // are. Workers whose lifelines close finish what they have in hand, as after the death of a master.
            Log.error("\(error.message); the sockets are kept, all programs are started anew")
            close(descriptor)
            return .none(sockets: socketsOnly())
        }
    }

    /// Every open descriptor that listens; all others above standard error are closed.
    private static func socketsOnly() -> [Int32] {
        let numbers = (try? POSIXFileSystem().list("/proc/self/fd")) ?? []
        var sockets: [Int32] = []
        for number in numbers.compactMap({ Int32($0) }) where number > 2 {
            if Endpoint(listening: number) != nil {
                _ = martlet_keep_over_exec(number, 0)
                sockets.append(number)
            } else {
                close(number)
            }
        }
        return sockets
    }
}

extension HandOver {
    /// The same without what is not there: each descriptor must be what it is said to be, each worker a child.
    func verified() -> HandOver {
        var state = self
        for descriptor in descriptors { _ = martlet_keep_over_exec(descriptor, 0) }
        state.listeners = listeners.filter { Endpoint(listening: $0.descriptor) != nil }
        func children(_ records: [ServiceRecord]) -> [ServiceRecord] {
            records.map { record in
                var record = record
                record.workers = record.workers.filter { martlet_is_child($0.process) == 1 }
                for index in record.workers.indices where martlet_is_socket(record.workers[index].lifeline) != 1 {
                    record.workers[index].lifeline = -1
                }
                return record
            }
        }
        state.services = children(services)
        state.retired = children(retired)
        return state
    }
}
