internal import Configuration

/// What master alone reads.
enum MasterParameters {
    static let throttleTime = Parameter<Duration>(
        "service_throttle_time", default: "60s", limits: .seconds(1)...(.seconds(86_400)),
        summary: "The longest pause before a program that fails at its start is tried again.")
    static let importEnvironment = Parameter<WordList>(
        "import_environment",
        default: "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME",
        summary: "Environment variables that the programs get: names, or name=value.")
    static let stopTimeLimit = Parameter<Duration>(
        "martlet_stop_time_limit", default: "20s", limits: .seconds(1)...(.seconds(86_400)),
        summary: "Martlet's own: how long a stop waits for sessions and deliveries in hand.")

    static let watchdogLimit = Parameter<Duration>(
        "martlet_watchdog_time_limit", default: "100s", limits: .zero...(.seconds(86_400)),
        summary: "Martlet's own: how long a program's event loop may stand still before it is killed and replaced; 0: for ever."
    )

    static let all: [any AnyParameter] = [throttleTime, importEnvironment, stopTimeLimit, watchdogLimit]
}
