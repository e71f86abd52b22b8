package import DaemonKit
internal import Mail
internal import NIOCore
internal import Platform
internal import Spool

/// cleanup(8): takes messages from smtpd, pickup, bounce and local, completes them, stores them, and tells qmgr.
///
/// *Failure:* a message that is not on stable storage is never accepted: 451 when something failed, 452 when the disk is full. What
/// is wrong with the disk is logged with each message that it costs.
@EventLoopActor
package final class CleanupService: DaemonService {
    private let settings: CleanupSettings
    private let directory: SpoolDirectory
    private let intake: MessageIntake
    private let group: GroupCommit
    private let announcer: ArrivalAnnouncer
    private var listeners: [any Channel] = []

    private init(settings: CleanupSettings, recipients: RecipientPreparation) {
        self.settings = settings
        let fileSystem = POSIXFileSystem()
        let time = SystemTime()
        let entropy = SystemEntropy()
        // The process's directory is queue_directory.
        let directory = SpoolDirectory(path: ".")
        self.directory = directory
        let space = SpaceGauge(path: directory.path, minimum: settings.minimumFree, fileSystem: fileSystem, time: time)
        announcer = ArrivalAnnouncer(path: "public/qmgr")
        let lanes = (0..<2).map { _ in
            CommitLane(directory: directory, fileSystem: fileSystem, time: time, entropy: entropy, space: space)
        }
        group = GroupCommit(lanes: lanes, announcer: announcer)
        intake = MessageIntake(
            settings: settings, preparation: MessagePreparation(headers: settings.headers, recipients: recipients),
            group: group, announcer: announcer
        ) { isInternal in
            LargeContentJob(
                directory: directory, fileSystem: fileSystem, entropy: entropy, space: isInternal ? nil : space)
        }
    }

    /// Reads the settings and opens the tables, while privileged.
    nonisolated package static func prepare(
        _ startup: Startup
    ) throws(StartupError) -> @Sendable @EventLoopActor () -> any DaemonService {
        let settings = try CleanupSettings(startup)
        let recipients = try RecipientPreparation(startup, settings)
        return { CleanupService(settings: settings, recipients: recipients) }
    }

    package func start(_ context: DaemonContext) async throws {
        try directory.prepare(POSIXFileSystem())
        announcer.start()
        intake.breadcrumb = context.startup.breadcrumb
    }

    package func listen(on descriptor: Int32) async throws {
        listeners.append(
            try await WireEndpoints.serve(listening: descriptor, from: .submitters) { [weak self] connection in
                self?.intake.accept(connection)
            })
    }

    package func stop() async {
        for listener in listeners { listener.close(promise: nil) }
        listeners = []
        await intake.stop()
        await group.stop()
        await announcer.settle(within: .seconds(2))
    }

    /// Open segments would be left behind with each exit.
    package var isIdle: Bool { false }
}
