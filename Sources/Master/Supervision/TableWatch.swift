internal import CPlatform
internal import MailLog
internal import Platform

/// Notices when files in the directories of opened tables change: inotify where it works, and a look each ten seconds anyway
/// (network file systems, a limit of watches).
struct TableWatch {
    /// Between two looks; replacements come no closer together either.
    static let pause: Duration = .seconds(10)

    private(set) var descriptor: Int32 = -1
    private var directories: Set<String> = []
    private var isSuspected = false
    private var lastLook: Duration = .zero
    private var lastReplacement: Duration?

    mutating func add(_ file: WatchedFile) {
        let directory = file.path.lastIndex(of: "/").map { String(file.path[..<$0]) } ?? "."
        guard directories.count < 256, directories.insert(directory).inserted else { return }
        if descriptor < 0 { descriptor = martlet_open_watch() }
        if descriptor >= 0 { _ = unsafe martlet_watch_directory(descriptor, directory.isEmpty ? "/" : directory) }
    }

    /// Something happened in one of the directories.
    mutating func happened() {
        martlet_drain_watch(descriptor)
        isSuspected = true
    }

    var isEmpty: Bool { directories.isEmpty }

    func isLookDue(at now: Duration) -> Bool { nextLook.map { now >= $0 } ?? false }

    var nextLook: Duration? {
        if directories.isEmpty { return nil }
        let regular = lastLook + Self.pause
        guard isSuspected else { return regular }
        return lastReplacement.map { min(regular, $0 + Self.pause) } ?? lastLook
    }

    mutating func looked(at now: Duration) {
        lastLook = now
        isSuspected = false
    }

    /// Whether workers may be replaced now; if not, they are with a later look.
    func mayReplace(at now: Duration) -> Bool { lastReplacement.map { now - $0 >= Self.pause } ?? true }

    mutating func replaced(at now: Duration) { lastReplacement = now }
}

extension Supervisor {
    /// Replaces the workers of services that opened a table whose file is another now.
    func checkTables(at now: Duration) {
        guard watch.isLookDue(at: now) else { return }
        watch.looked(at: now)
        guard watch.mayReplace(at: now) else { return }
        var changed: Set<WatchedFile> = []
        var stale: [Int] = []
        for index in services.indices {
            let service = services[index]
            // Of a service no more generations than of the suite may be finishing.
            guard Set(service.workers.filter(\.isDraining).map(\.generation)).count < Self.finishingGenerations else {
                continue
            }
            let files = service.workers.filter { !$0.isDraining && $0.generation == service.generation }.flatMap(\.tables)
                .filter(\.hasChanged)
            guard !files.isEmpty else { continue }
            changed.formUnion(files)
            stale.append(index)
        }
        guard !stale.isEmpty else { return }
        for name in Set(changed.map(\.name)).sorted() {
            Log.info("table \(name)(0,lock|fold_fix|utf8_request) has changed -- restarting")
        }
        watch.replaced(at: now)
        generation += 1
        for index in stale { services[index].generation = generation }
    }
}
