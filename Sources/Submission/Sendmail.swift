internal import CommandKit
internal import Glibc
internal import Mail
internal import MessageFormat
internal import Platform
internal import Wire

/// sendmail(1), also as mailq and newaliases: the customary way for programs to send mail.
///
/// *Failure:* a line on standard error and a status of sysexits.h; 75 means that nothing was taken and may be tried again.
package enum Sendmail {
    /// - Returns: the exit status.
    package static func run(_ command: [String]) -> Int32 {
        let name = command.first?.split(separator: "/").last.map(String.init) ?? "sendmail"
        do {
            let options = try SendmailOptions(name: name, arguments: Array(command.dropFirst()))
            return try perform(options)
        } catch let error as SendmailOptions.UsageError {
            Output.complain("\(name): fatal: usage: \(error.message)")
            return EX_USAGE
        } catch let error as ExitError {
            Output.complain("\(name): fatal: \(error.message)")
            return error.status
        } catch {
            Output.complain("\(name): fatal: \(error)")
            return EX_SOFTWARE
        }
    }

    private static func perform(_ options: SendmailOptions) throws(ExitError) -> Int32 {
        if options.mode == .nothing { return EX_OK }
        if options.recipientsFromHeaders && options.mode != .submit {
            throw ExitError(status: EX_USAGE, message: "-t can be used only in delivery mode")
        }
        let instance = try Instance(directory: options.configuration)
        switch options.mode {
        case .nothing: break
        case .submit: return try submit(options, instance)
        case .dialogue:
            var dialogue = try StandardDialogue(instance)
            try dialogue.run()
        case .listQueue: try QueueReport.print(instance, as: .mailq)
        case .flush: _ = try QueueRequest.perform(.flushAll, instance)
        case .flushSite(let site): _ = try QueueRequest.perform(.flushSite(site), instance)
        case .flushMessage(let text):
            guard let id = QueueID(text) else {
                throw ExitError(status: EX_USAGE, message: "Cannot flush queue ID - invalid name: \"\(text)\"")
            }
            _ = try QueueRequest.perform(.flushMessage(id), instance)
        case .makeAliases: try AliasDatabases.rebuild(instance)
        case .daemon:
            throw ExitError(status: EX_USAGE, message: "use \"martlet start\" to start the mail system")
        case .verify:
            throw ExitError(status: EX_UNAVAILABLE, message: "-bv: address verification reports are not available")
        }
        return EX_OK
    }

    private static func submit(_ options: SendmailOptions, _ instance: Instance) throws(ExitError) -> Int32 {
        var recipients: [EmailAddress] = []
        for text in options.recipients { recipients += try addresses(text) }
        guard !recipients.isEmpty || options.recipientsFromHeaders else {
            throw ExitError(
                status: EX_USAGE, message: "Recipient addresses must be specified on the command line or via the -t option")
        }
        var request = LocalSubmission(
            sender: options.sender.map(sender), recipients: recipients.map(\.internalForm), contentLength: nil)
        request.fullName = options.fullName ?? environment("NAME")
        request.recipientsFromHeaders = options.recipientsFromHeaders
        request.body = options.body
        request.smtpUTF8 = recipients.contains { !$0.internalForm.utf8.allSatisfy { $0 < 0x80 } }
        request.notify = options.notify
        request.returnContent = options.returnContent
        request.envelopeID = options.envelopeID
        request.verp = options.verp
        if options.verbosity > 0 { request.trace = [.verbose] }
        var input = MessageInput(endsAtDot: !options.ignoresDots)
        let result = try MailSubmission(socketPath: instance.socket("public/pickup")).submit(request) {
            () throws(SystemError) in
            try input.next()
        }
        guard result.exitStatus == 0 else {
            throw ExitError(status: Int32(result.exitStatus), message: result.text)
        }
        return EX_OK
    }

    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(validatingCString: value)
    }

    /// A recipient argument: one address or several, in any form that a To field may have.
    private static func addresses(_ text: String) throws(ExitError) -> [EmailAddress] {
        let found = AddressList.parse(text)
        guard !found.isEmpty else { throw ExitError(status: EX_USAGE, message: "bad recipient address: \"\(text)\"") }
        return found
    }

    /// The argument of -f: empty or `<>` is the null sender.
    private static func sender(_ text: String) -> String {
        if text.isEmpty || text == "<>" { return "" }
        guard let address = AddressList.parse(text).first else {
            Output.complain("sendmail: warning: -f option specified malformed sender: \(text)")
            return text
        }
        return address.internalForm
    }
}
