internal import CPlatform
internal import Glibc
internal import Platform

/// Starts a worker's process. Nothing of Swift runs between fork and exec.
enum WorkerLauncher {
    /// The descriptor numbers are set here; the rest is the caller's.
    ///
    /// - Throws: when a descriptor, a process or the program cannot be had.
    static func launch(
        _ plan: ServicePlan, listeners: [Int32], environment: [String], inheritance: WorkerInheritance, at now: Duration
    ) throws(SystemError) -> Worker {
        let crumb = try breadcrumb()
        var pair: [Int32] = [-1, -1]
        guard unsafe martlet_lifeline(&pair) == 0 else {
            let failure = errno
            close(crumb)
            throw SystemError("socketpair", plan.path, failure)
        }
        let descriptors = [pair[1]] + listeners + [crumb]
        var inheritance = inheritance
        inheritance.lifeline = 3
        inheritance.listeners = listeners.indices.map { Int32(4 + $0) }
        inheritance.breadcrumb = Int32(4 + listeners.count)
        var arguments = unsafe cStrings([plan.program] + plan.arguments)
        var variables = unsafe cStrings(environment + ["\(WorkerInheritance.variable)=\(inheritance.text)"])
        defer {
            unsafe arguments.forEach { unsafe free($0) }
            unsafe variables.forEach { unsafe free($0) }
        }
        let process = unsafe martlet_start_worker(plan.path, &arguments, &variables, descriptors, descriptors.count)
        let failure = errno
        close(pair[1])
        guard process > 0 else {
            close(pair[0])
            close(crumb)
            throw SystemError("start", plan.path, failure)
        }
        var worker = Worker(
            process: process, lifeline: pair[0], generation: inheritance.generation, share: inheritance.sessionLimit,
            started: now)
        worker.breadcrumb = crumb
        return worker
    }

    private static func breadcrumb() throws(SystemError) -> Int32 {
        let zeros = [UInt8](repeating: 0, count: Breadcrumb.length)
        let descriptor = unsafe zeros.withUnsafeBytes {
            unsafe martlet_memory_file("martlet-breadcrumb", $0.baseAddress, $0.count)
        }
        guard descriptor >= 0 else { throw SystemError("memfd_create", "breadcrumb", errno) }
        return descriptor
    }

    private static func cStrings(_ words: [String]) -> [UnsafeMutablePointer<CChar>?] {
        unsafe words.map { unsafe strdup($0) } + [nil]
    }
}
