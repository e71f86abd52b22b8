internal import CPlatform
internal import Glibc
internal import Mail
internal import Platform

/// Runs a command with the message as its standard input: `|command` of aliases and .forward files.
///
/// *Failure:* as Postfix's pipe_command: an exit status of sysexits.h, or output that begins with `D.S.N text`, says what it means;
/// a signal defers; a command that takes longer than command_time_limit is killed with its children and the message returned.
struct CommandDelivery {
    private static let outputLimit = 4096

    var command: String
    var environment: [String]
    var timeLimit: Duration

    func run(_ prepended: [UInt8], _ content: IncomingContent) -> DeliveryStatus {
        do throws(SystemError) {
            let outcome = try execute(prepended, content)
            return status(of: outcome)
        } catch {
            return DeliveryStatus(.deferred, EnhancedStatus(.temporary, 3, 0), "Delivery failed: \(error)")
        }
    }

    struct Outcome: Equatable {
        var isTooLate = false
        /// As wait(2) gives it.
        var waitStatus: Int32 = 0
        var output = ""
        /// The content could not be read or written, for another reason than that the command did not want it.
        var transferFailure: SystemError?
    }

    private func execute(_ prepended: [UInt8], _ content: IncomingContent) throws(SystemError) -> Outcome {
        var input: [Int32] = [-1, -1]
        var output: [Int32] = [-1, -1]
        defer { for descriptor in input + output where descriptor >= 0 { close(descriptor) } }
        guard unsafe martlet_pipe(&input) == 0, unsafe martlet_pipe(&output) == 0 else {
            throw SystemError("pipe", command, errno)
        }
        // Only our ends are non-blocking; the command gets ordinary ones.
        _ = fcntl(output[0], F_SETFL, O_NONBLOCK)
        _ = fcntl(input[1], F_SETFL, O_NONBLOCK)
        var start = ProgramStart(
            path: "/bin/sh", arguments: ["sh", "-c", command], environment: environment,
            standard: [input[0], output[1], output[1]])
        start.leadsSession = true
        let child = try start.run()
        close(input[0])
        input[0] = -1
        close(output[1])
        output[1] = -1
        var dialogue = CommandDialogue(
            input: input[1], output: output[0], deadline: SystemTime().monotonic &+ nanoseconds(timeLimit),
            outputLimit: Self.outputLimit)
        dialogue.transfer(prepended, content)
        close(input[1])
        input[1] = -1
        dialogue.readRest()
        return finish(child, dialogue)
    }

    /// Waits for the end, within what is left of the time.
    private func finish(_ child: pid_t, _ dialogue: CommandDialogue) -> Outcome {
        var outcome = Outcome(output: dialogue.printableOutput, transferFailure: dialogue.failure)
        var code: Int32 = 0
        var isReaped = false
        while !dialogue.isTooLate && !isReaped {
            let ended = unsafe waitpid(child, &code, WNOHANG)
            isReaped = ended == child || ended < 0 && errno != EINTR
            if isReaped || SystemTime().monotonic >= dialogue.deadline { break }
            usleep(2000)
        }
        if !isReaped {
            outcome.isTooLate = true
            kill(-child, SIGKILL)
            unsafe waitpid(child, &code, 0)
        }
        outcome.waitStatus = code
        return outcome
    }

    func status(of outcome: Outcome) -> DeliveryStatus {
        let said = outcome.output.isEmpty ? "" : ". Command output: " + outcome.output
        if outcome.isTooLate {
            return failed(EnhancedStatus(.permanent, 3, 0), "Command time limit exceeded: \"\(command)\"\(said)")
        }
        let signal = outcome.waitStatus & 0x7f
        guard signal == 0 else {
            return failed(EnhancedStatus(.temporary, 3, 0), "Command died with signal \(signal): \"\(command)\"\(said)")
        }
        let exit = outcome.waitStatus >> 8 & 0xff
        guard exit != 0 else {
            if let failure = outcome.transferFailure {
                return failed(EnhancedStatus(.temporary, 3, 0), "Command failed: \(errorText(failure.code)): \"\(command)\"")
            }
            return DeliveryStatus(.sent, .delivered, "delivered to command: \(command)")
        }
        let words = outcome.output.split(separator: " ", maxSplits: 1)
        if let first = words.first, let code = EnhancedStatus(first), code.statusClass != .success {
            return failed(code, words.count > 1 ? String(words[1]) : "")
        }
        if let known = SystemExit(rawValue: exit) { return failed(known.code, known.text + said) }
        return failed(EnhancedStatus(.permanent, 3, 0), "Command died with status \(exit): \"\(command)\"\(said)")
    }

    private func failed(_ code: EnhancedStatus, _ text: String) -> DeliveryStatus { MailboxFailure(code, text).status }
}

private func nanoseconds(_ time: Duration) -> UInt64 { UInt64(max(0, time.components.seconds)) &* 1_000_000_000 }

/// sysexits.h as Postfix reads it.
enum SystemExit: Int32 {
    case usage = 64, dataError, noInput, noUser, noHost, unavailable, software, osError, osFile, cannotCreate, ioError
    case temporaryFailure, protocolError, noPermission, configuration

    var code: EnhancedStatus {
        switch self {
        case .usage, .noInput, .unavailable, .software, .osFile, .ioError: EnhancedStatus(.permanent, 3, 0)
        case .dataError: EnhancedStatus(.permanent, 6, 0)
        case .noUser: EnhancedStatus(.permanent, 1, 1)
        case .noHost: EnhancedStatus(.permanent, 1, 2)
        case .osError, .temporaryFailure: EnhancedStatus(.temporary, 3, 0)
        case .cannotCreate: EnhancedStatus(.permanent, 2, 0)
        case .protocolError: EnhancedStatus(.permanent, 5, 0)
        case .noPermission: EnhancedStatus(.permanent, 7, 0)
        case .configuration: EnhancedStatus(.permanent, 3, 5)
        }
    }

    var text: String {
        switch self {
        case .usage: "command line usage error"
        case .dataError: "data format error"
        case .noInput: "cannot open input"
        case .noUser: "user unknown"
        case .noHost: "host name unknown"
        case .unavailable: "service unavailable"
        case .software: "internal software error"
        case .osError: "system resource problem"
        case .osFile: "critical OS file missing"
        case .cannotCreate: "can't create user output file"
        case .ioError: "input/output error"
        case .temporaryFailure: "temporary failure"
        case .protocolError: "remote error in protocol"
        case .noPermission: "permission denied"
        case .configuration: "local configuration error"
        }
    }
}
