internal import Configuration
package import DaemonKit
internal import Mail
internal import MailLog
internal import Scheduling

/// What the queue manager needs of the configuration, read once while the process starts.
package struct QueueManagerSettings: Sendable {
    package var engine = EngineSettings()
    package var queueDirectory: String
    /// Before `private/smtp` and the like; empty: the process is in queue_directory.
    package var socketDirectory = ""
    package var idleLimit = Duration.seconds(5)
    package var ipcTimeout = Duration.seconds(60)
    package var deliveryLimit = Duration.seconds(18_000)

    package init(queueDirectory: String) { self.queueDirectory = queueDirectory }

    /// - Parameter processLimits: the maxproc column of master.cf by service; zero means no limit.
    package init(_ startup: Startup, processLimits: [String: Int]) throws(StartupError) {
        typealias Names = QueueManagerParameters
        queueDirectory = startup.queueDirectory
        idleLimit = try startup.value(of: Names.ipcIdle)
        ipcTimeout = try startup.value(of: Names.queueManagerIPCTimeout)
        deliveryLimit = try startup.value(of: Names.daemonTimeout)
        engine.agentPatience = ipcTimeout
        engine.deliveryLimit = deliveryLimit
        engine.retry.minimalBackoff = try startup.value(of: Names.minimalBackoffTime)
        engine.retry.maximalBackoff = try startup.value(of: Names.maximalBackoffTime)
        engine.retry.maximalQueueLifetime = try startup.value(of: Names.maximalQueueLifetime)
        engine.retry.bounceQueueLifetime = try startup.value(of: Names.bounceQueueLifetime)
        engine.retry.delayWarning = try startup.value(of: Names.delayWarningTime)
        engine.queueRunDelay = try startup.value(of: Names.queueRunDelay)
        engine.transportRetryTime = try startup.value(of: Names.transportRetryTime)
        engine.messageLimit = try startup.value(of: Names.messageActiveLimit)
        engine.recipientLimit = try startup.value(of: Names.messageRecipientLimit)
        engine.deferredTransports = Set(try startup.value(of: Names.deferTransports).words)
        engine.softBounce = try startup.value(of: BaseParameters.softBounce).isYes
        engine.recipientDelimiter = try startup.value(of: BaseParameters.recipientDelimiter)
        engine.hostName = try startup.value(of: BaseParameters.myhostname)
        let doubleBounce = try startup.value(of: BaseParameters.doubleBounceSender)
        engine.doubleBounceSender = EmailAddress(internal: doubleBounce).localPart
        let configuration = startup.configuration
        let general = try startup.value(of: BaseParameters.defaultProcessLimit)
        // Checked now, so that a mistake stops the start; other transports are read when they are first used.
        for transport in processLimits.keys.sorted() {
            _ = try Self.limits(transport, configuration, processLimits[transport] ?? general)
        }
        engine.limits = { transport in
            let processes = processLimits[transport] ?? general
            do throws(StartupError) {
                return try Self.limits(transport, configuration, processes)
            } catch {
                Log.warning(error.message)
                var limits = TransportLimits()
                limits.processLimit = processes
                return limits
            }
        }
    }

    private static func limits(
        _ transport: String, _ configuration: Configuration, _ processes: Int
    ) throws(StartupError) -> TransportLimits {
        typealias Names = QueueManagerParameters
        func value<Value>(_ general: Parameter<Value>) throws(StartupError) -> Value {
            do throws(ConfigurationError) {
                return try configuration.value(of: Names.forTransport(transport, general))
            } catch {
                throw StartupError(error.description)
            }
        }
        var limits = TransportLimits()
        limits.processLimit = processes
        limits.initialConcurrency = try value(Names.initialConcurrency)
        limits.concurrencyLimit = try value(Names.concurrencyLimit)
        limits.recipientLimit = try value(Names.recipientLimit)
        limits.positiveFeedback = try value(Names.positiveFeedback).feedback
        limits.negativeFeedback = try value(Names.negativeFeedback).feedback
        limits.failedCohortLimit = try value(Names.failedCohortLimit)
        limits.destinationRateDelay = try value(Names.destinationRateDelay)
        limits.transportRateDelay = try value(Names.transportRateDelay)
        return limits
    }
}
