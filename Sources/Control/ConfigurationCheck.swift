internal import CommandKit
internal import Configuration
internal import Glibc
internal import Platform

/// What `martlet check` looks at: main.cf, master.cf, the programs that master.cf names, and the directories.
struct ConfigurationCheck {
    private let instance: Instance

    init(_ instance: Instance) { self.instance = instance }

    /// Says every problem on standard error.
    /// - Throws: EX_CONFIG when there is one.
    func demandNoErrors() throws(ExitError) {
        let problems = problems()
        for problem in problems { Output.complain("martlet: \(problem)") }
        guard problems.isEmpty else { throw ExitError(status: EX_CONFIG, message: "") }
    }

    private func problems() -> [String] {
        var problems: [String] = []
        for parameter in BaseParameters.all {
            do throws(ConfigurationError) {
                try parameter.check(instance.configuration)
            } catch {
                problems.append(error.description)
            }
        }
        do throws(ConfigurationError) {
            for service in try MasterFile.load(directory: instance.directory).services {
                let path = instance.daemonDirectory + "/" + service.program
                if unsafe access(path, X_OK) != 0 {
                    problems.append("master.cf: service \(service.name): \(path): \(errorText(errno))")
                }
            }
        } catch {
            problems.append(error.description)
        }
        for directory in [instance.queueDirectory, instance.daemonDirectory] where unsafe access(directory, X_OK) != 0 {
            problems.append("\(directory): \(errorText(errno))")
        }
        return problems
    }
}
