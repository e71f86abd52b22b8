internal import CommandKit
internal import Configuration
internal import Glibc
internal import Platform

/// What `martlet check` looks at: main.cf, master.cf, the programs that master.cf names, and the directories.
struct ConfigurationCheck {
    private let instance: Instance

    init(_ instance: Instance) { self.instance = instance }

    /// `martlet check`: every mistake of main.cf and master.cf, also behind lines that cannot be read.
    /// - Throws: EX_CONFIG when something would keep mail from being served as the configuration says.
    static func everything(in directory: String) throws(ExitError) {
        let syntax = SyntaxReview(directory: directory)
        for mistake in syntax.mistakes { Output.complain("martlet: \(mistake)") }
        guard let configuration = syntax.configuration else { throw ExitError(status: EX_CONFIG, message: "") }
        let check = ConfigurationCheck(try Instance(configuration: configuration))
        var isGood = syntax.mistakes.isEmpty
        do throws(ExitError) {
            try check.demandNoErrors(masterFile: syntax.services)
        } catch {
            guard error.message.isEmpty else { throw error }
            isGood = false
        }
        for finding in FileReview(configuration, syntax.services).findings() {
            Output.complain("martlet: warning: \(finding)")
        }
        if !isGood { throw ExitError(status: EX_CONFIG, message: "") }
    }

    /// Says every problem on standard error.
    /// - Throws: EX_CONFIG when there is one.
    func demandNoErrors(masterFile: MasterFile? = nil) throws(ExitError) {
        let problems = problems(masterFile)
        for problem in problems { Output.complain("martlet: \(problem)") }
        guard problems.isEmpty else { throw ExitError(status: EX_CONFIG, message: "") }
    }

    private func problems(_ masterFile: MasterFile?) -> [String] {
        var problems: [String] = []
        for parameter in BaseParameters.all {
            do throws(ConfigurationError) {
                try parameter.check(instance.configuration)
            } catch {
                problems.append(error.description)
            }
        }
        do throws(ConfigurationError) {
            // Master started by others runs everything as them.
            if geteuid() == 0 { _ = try SuiteAccounts.load(instance.configuration) }
        } catch {
            problems.append(error.description)
        }
        do throws(ConfigurationError) {
            let file: MasterFile
            if let masterFile { file = masterFile } else { file = try MasterFile.load(directory: instance.directory) }
            var programs: Set<String> = []
            for service in file.services where ServiceDisposition(service) == .run {
                let path = instance.daemonDirectory + "/" + service.program
                if unsafe access(path, X_OK) == 0 {
                    programs.insert(service.program)
                } else {
                    problems.append("master.cf: service \(service.name): \(path): \(errorText(errno))")
                }
            }
            problems += judge(file, programs)
        } catch {
            problems.append(error.description)
        }
        for directory in [instance.queueDirectory, instance.daemonDirectory] where unsafe access(directory, X_OK) != 0 {
            problems.append("\(directory): \(errorText(errno))")
        }
        return problems
    }

    /// What is set and not implemented: warned of here, a problem when it would have protected mail.
    private func judge(_ file: MasterFile, _ programs: Set<String>) -> [String] {
        let review: ConfigurationReview
        do throws(SystemError) {
            // The parameters that master itself reads.
            review = try ConfigurationReview.asking(
                programs, in: instance.daemonDirectory,
                others: [
                    "service_throttle_time", "import_environment", "martlet_stop_time_limit", "martlet_watchdog_time_limit",
                    "martlet_queue_undelete_time",
                ])
        } catch {
            return ["\(error)"]
        }
        let findings =
            review.findings(instance.configuration, services: file)
            + RestrictionReview(instance.configuration, services: file.services).findings
        for finding in findings where finding.consequence == .warns { Output.complain("martlet: warning: \(finding)") }
        let values = review.invalidValues(instance.configuration, services: file.services)
        return values.map(\.description) + findings.filter { $0.consequence == .stops }.map(\.description)
    }
}
