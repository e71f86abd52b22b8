internal import CommandKit
internal import Wire

/// What `martlet status` prints.
struct StatusReport {
    let status: MasterStatus

    /// A line for each process, and one for each service that is waited for.
    var text: String {
        var lines = [
            "the mail system is running: PID \(status.process)",
            "version \(status.version), up \(Self.age(status.age)), generation \(status.generation), upgrades \(status.upgrades)",
            "    PID  PROGRAM    SERVICE               GEN  AGE       STATE      SESSIONS  CRASHES",
        ]
        for service in status.services {
            for worker in service.workers { lines.append(Self.line(service, worker)) }
            if service.workers.isEmpty, service.crashes + service.badStarts > 0 {
                lines.append(Self.columns("-", service, "-", "-", "ended", "-"))
            }
            if service.pause > 0 {
                lines.append("         \(service.program) does not start: tried again in \(service.pause) s")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ service: MasterStatus.Service, _ worker: MasterStatus.Worker) -> String {
        columns(
            String(worker.process), service, String(worker.generation), age(worker.age), "\(worker.state)",
            String(worker.sessions))
    }

    private static func columns(
        _ process: String, _ service: MasterStatus.Service, _ generation: String, _ age: String, _ state: String,
        _ sessions: String
    ) -> String {
        let crashes = service.crashes + service.badStarts
        return padded(process, -7) + "  " + padded(service.program, 9) + "  " + padded(service.name, 20) + "  "
            + padded(generation, -3) + "  " + padded(age, 8) + "  " + padded(state, 9) + "  " + padded(sessions, -8) + "  "
            + padded(String(crashes), -7)
    }

    /// To a width; a negative one puts the text to the right.
    private static func padded(_ text: String, _ width: Int) -> String {
        let space = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? space + text : text + space
    }

    /// `3d04h`, `2h10m`, `1m05s`, `12s`.
    static func age(_ seconds: Int64) -> String {
        func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
        switch seconds {
        case 86_400...: return "\(seconds / 86_400)d\(two(seconds % 86_400 / 3600))h"
        case 3600...: return "\(seconds / 3600)h\(two(seconds % 3600 / 60))m"
        case 60...: return "\(seconds / 60)m\(two(seconds % 60))s"
        default: return "\(seconds)s"
        }
    }

    /// One object.
    var json: String {
        let services = status.services.map { service in
            let workers = service.workers.map { worker in
                "{\"pid\":\(worker.process),\"generation\":\(worker.generation),\"age\":\(worker.age),\"state\":\"\(worker.state)\","
                    + "\"sessions\":\(worker.sessions)}"
            }
            return "{\"name\":\(Self.quoted(service.name)),\"type\":\(Self.quoted(service.type)),"
                + "\"program\":\(Self.quoted(service.program)),\"retired\":\(service.isRetired),\"crashes\":\(service.crashes),"
                + "\"bad_starts\":\(service.badStarts),\"retry_in\":\(service.pause),\"processes\":[\(workers.joined(separator: ","))]}"
        }
        return "{\"version\":\(Self.quoted(status.version)),\"pid\":\(status.process),\"age\":\(status.age),"
            + "\"generation\":\(status.generation),\"upgrades\":\(status.upgrades),\"services\":[\(services.joined(separator: ","))]}\n"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
