internal import CommandKit
internal import Glibc
internal import Wire

/// postkick(1): wakes a service up. Only the queue manager has work that waits for it: there a kick means that deferred mail is tried
/// now; the others wake by themselves, and a kick only tells whether they are there.
///
/// *Failure:* status 1 and a warning when the mail system is down.
enum PostkickCommand {
    static func run(_ arguments: [String]) throws(ExitError) {
        let usage = ExitError(status: 1, message: "usage: postkick [-c config_dir] [-v] class service request")
        let options = try OptionLetters(arguments, letters: "c:v", program: "postkick", usage: usage)
        guard options.rest.count == 3 else { throw usage }
        let instance = try Instance(directory: options.value("c"))
        let (kind, service) = (options.rest[0], options.rest[1])
        let isSocket = unsafe access(instance.socket("\(kind)/\(service)"), F_OK) == 0
        let isThere = isSocket && ["public", "private"].contains(kind)
        do throws(ExitError) {
            if service == "qmgr" {
                _ = try QueueRequest.perform(.flushAll, instance)
                return
            }
            if isThere { return }
        } catch {
            Output.warn(error.message)
        }
        Output.warn("Cannot contact class \(kind) service \(service) - perhaps the mail system is down")
        throw ExitError(status: 1, message: "")
    }
}
