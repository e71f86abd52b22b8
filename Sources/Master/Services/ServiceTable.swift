internal import Configuration
internal import Glibc
internal import MailLog
internal import Platform

/// All services of an instance, with what the administrator must know about the configuration.
struct ServiceTable {
    var settings: InstanceSettings
    var plans: [ServicePlan]
    /// inet_protocols = ipv6: then a kernel without IPv6 is an error.
    var isIPv6Needed: Bool

    /// Reads master.cf, and judges both files: what is not implemented but would have protected stops the start.
    static func load(_ settings: InstanceSettings, cores: Int = sysconf(Int32(_SC_NPROCESSORS_ONLN))) throws(MasterFailure)
        -> ServiceTable
    {
        let file: MasterFile
        do throws(ConfigurationError) {
            file = try MasterFile.load(directory: settings.directory)
        } catch {
            throw MasterFailure(error.description)
        }
        let running = file.services.filter { ServiceDisposition($0) == .run }
        try checkPrograms(running, settings)
        try judge(settings, file, running)
        warnAboutChroot(running)
        let planner = ServicePlanner(settings, cores: cores)
        var plans: [ServicePlan] = []
        for entry in running { plans.append(try planner.plan(entry)) }
        let protocols = try? settings.configuration.value(of: BaseParameters.inetProtocols)
        guard !plans.isEmpty else { throw MasterFailure("\(settings.directory)/master.cf has no service") }
        return ServiceTable(settings: settings, plans: plans, isIPv6Needed: protocols == .ipv6)
    }

    private static func checkPrograms(_ entries: [ServiceEntry], _ settings: InstanceSettings) throws(MasterFailure) {
        for entry in entries {
            let path = settings.daemonDirectory + "/" + entry.program
            guard unsafe access(path, X_OK) == 0 else {
                let message = "service \(entry.name): \(SystemError("run", path, errno))"
                throw MasterFailure(ConfigurationError(message, file: entry.file, line: entry.line).description)
            }
        }
    }

    private static func judge(
        _ settings: InstanceSettings, _ file: MasterFile, _ running: [ServiceEntry]
    ) throws(MasterFailure) {
        var declared = MasterParameters.all.map(\.name)
        for program in Set(running.map(\.program)).sorted() {
            do throws(SystemError) {
                let output = try ProgramOutput.run(settings.daemonDirectory + "/" + program, [ParameterDump.option])
                declared += ParameterDump.parse(String(decoding: output, as: UTF8.self)).map(\.name)
            } catch {
                throw MasterFailure("\(program) \(ParameterDump.option): \(error)")
            }
        }
        for finding in ConfigurationReview(implemented: declared).findings(settings.configuration, services: file) {
            if finding.consequence == .stops { throw MasterFailure(finding.description) }
            Log.warning(finding.description)
        }
    }

    private static func warnAboutChroot(_ entries: [ServiceEntry]) {
        let names = entries.filter { $0.chroot == true }.map(\.name)
        guard !names.isEmpty else { return }
        Log.warning(
            "master.cf: chroot is not implemented: \(names.joined(separator: ", ")) can see all directories, and use what their "
                + "users and martlet_sandbox let them")
    }
}
