internal import CPlatform
internal import Glibc
internal import Platform

/// Starts a worker's process. Nothing of Swift runs between fork and exec.
enum WorkerLauncher {
    /// - Throws: when a descriptor, a process or the program cannot be had.
    static func launch(
        _ plan: ServicePlan, listeners: [Int32], environment: [String], lease: UInt64, generation: UInt32, share: Int?,
        at now: Duration
    ) throws(SystemError) -> Worker {
        var pair: [Int32] = [-1, -1]
        guard unsafe martlet_lifeline(&pair) == 0 else { throw SystemError("socketpair", plan.path, errno) }
        let descriptors = [pair[1]] + listeners
        let inheritance = WorkerInheritance(
            lifeline: 3, listeners: listeners.indices.map { Int32(4 + $0) }, lease: lease, generation: generation,
            sessionLimit: share, exitsWhenIdle: !plan.isPersistent)
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
            throw SystemError("start", plan.path, failure)
        }
        return Worker(process: process, lifeline: pair[0], generation: generation, share: share, started: now)
    }

    private static func cStrings(_ words: [String]) -> [UnsafeMutablePointer<CChar>?] {
        unsafe words.map { unsafe strdup($0) } + [nil]
    }
}
