// swift-tools-version: 6.2
import PackageDescription

// The layers, lowest first. A target imports only from layers below its own (Tests/ArchitectureTests reads this file).
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A program: `main.swift` of at most 20 lines over the daemon's or tool's module.
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let layer0: [Target] = [
    .target(name: "CPlatform"),
    .systemLibrary(name: "CLMDB", providers: [.apt(["liblmdb-dev"])]),
    .systemLibrary(name: "CUnbound", providers: [.apt(["libunbound-dev"])]),
    .systemLibrary(name: "CIDN2", providers: [.apt(["libidn2-dev"])]),
]

let layer1: [Target] = [
    library("Mail"),
    library("MessageFormat", ["Mail"]),
    library("SMTPProtocol", ["Mail"]),
    library("Wire", ["Mail"]),
    library("Scheduling", ["Mail", collections]),
]

let layer2: [Target] = [
    library("Platform", ["CPlatform"]),
    library("Configuration", ["Platform"]),
    library("MailLog", ["Mail", "Platform", "CPlatform"]),
    library("LookupTables", ["Mail", "Platform", "Configuration", "CPlatform", "CLMDB"]),
    library("Routing", ["Mail", "MessageFormat", "Platform", "Configuration", "LookupTables"]),
    library("SimulatedPlatform", ["Platform"]),  // For tests: a disk that forgets, seeds, a clock that waits.
    library("Spool", ["Mail", "Wire", "Platform", "CPlatform", "CLMDB"]),
    library("Resolver", ["Mail", "Platform", "CUnbound", "CIDN2", "CPlatform"] + nio),
]

let skeleton: [Target.Dependency] = ["Mail", "Wire", "Platform", "Configuration", "MailLog", "DaemonKit"] + nio
let layer3: [Target] = [
    library(
        "CommandKit", ["Mail", "Wire", "MessageFormat", "Platform", "Configuration", "MailLog", "Spool", "CPlatform"]),
    library("DaemonKit", ["Mail", "Wire", "Platform", "Configuration", "MailLog", "CPlatform", collections] + nio),
]

let layer4: [Target] = [
    library("Master", ["Mail", "Wire", "Platform", "Configuration", "MailLog", "DaemonKit", "CPlatform"]),
    library("SMTPServer", skeleton + ["SMTPProtocol", "MessageFormat", "LookupTables", "Routing", "Resolver", collections]),
    library("Cleanup", skeleton + ["MessageFormat", "LookupTables", "Routing", "Spool", collections]),
    library("QueueManager", skeleton + ["Scheduling", "LookupTables", "Routing", "Spool", collections]),
    library("SMTPClient", skeleton + ["SMTPProtocol", "MessageFormat", "Resolver", "LookupTables", "Spool", collections]),
    library("LocalDelivery", skeleton + ["MessageFormat", "LookupTables", "Routing", "Spool", "CPlatform"]),
    library("Bounce", skeleton + ["MessageFormat", "Spool"]),
    library("Pickup", skeleton + ["MessageFormat", "Routing", "LookupTables", "Spool", "CPlatform"]),
    library("ShowQueue", skeleton + ["Spool"]),
    library("NullDelivery", skeleton),
    library(
        "Control", ["Mail", "Wire", "Platform", "Configuration", "LookupTables", "Spool", "CommandKit", arguments]),
    library("QueueCommands", ["Mail", "Wire", "MessageFormat", "Platform", "Configuration", "MailLog", "Spool", "CommandKit"]),
    library(
        "SystemCommands", ["Wire", "Platform", "Configuration", "LookupTables", "MailLog", "CommandKit"]),
    library(
        "Submission",
        ["Mail", "Wire", "Platform", "Configuration", "MessageFormat", "SMTPProtocol", "LookupTables", "CommandKit"]),
]

let layer5: [Target] = [
    program("master", ["Master"]),
    program("smtpd", ["SMTPServer"]),
    program("cleanup", ["Cleanup"]),
    program("qmgr", ["QueueManager"]),
    program("smtp", ["SMTPClient"]),
    program("local", ["LocalDelivery"]),
    program("deliverer", ["LocalDelivery"]),
    program("bounce", ["Bounce"]),
    program("pickup", ["Pickup"]),
    program("showq", ["ShowQueue"]),
    program("error", ["NullDelivery"]),
    program("discard", ["NullDelivery"]),
    program("martlet", ["Control"]),
    program("sendmail", ["Submission"]),
    program("postqueue", ["QueueCommands"]),
    program("postfix", ["SystemCommands"]),
]

let testTargets: [Target] = [
    tests("MailTests", ["Mail"]),
    tests("MessageFormatTests", ["MessageFormat"]),
    tests("SMTPProtocolTests", ["SMTPProtocol"]),
    tests("WireTests", ["Wire"]),
    tests("SchedulingTests", ["Scheduling"]),
    tests("PlatformTests", ["Platform"]),
    tests("ConfigurationTests", ["Configuration", "Platform"]),
    tests("MailLogTests", ["MailLog"]),
    tests("LookupTablesTests", ["LookupTables", "Configuration", "Mail", "Platform"]),
    tests("RoutingTests", ["Routing", "LookupTables", "Configuration", "Mail", "Platform"]),
    tests(
        "CleanupTests",
        [
            "Cleanup", "Configuration", "DaemonKit", "LookupTables", "Mail", "Platform", "Routing", "SimulatedPlatform",
            "Spool", "Wire",
        ] + nio),
    tests("SimulationTests", ["Spool", "Cleanup", "QueueManager", "SimulatedPlatform", "Wire", "Mail", "Platform"]),
    tests("QueueManagerTests", ["QueueManager", "Scheduling", "Spool"] + skeleton),
    tests("SpoolTests", ["Spool", "SimulatedPlatform"]),
    tests("ResolverTests", ["Mail", "Resolver"]),
    tests(
        "SMTPClientTests",
        [
            "SMTPClient", "DaemonKit", "Wire", "Mail", "MailLog", "Platform", "SMTPProtocol", "Resolver", "Spool",
            "Configuration",
        ] + nio),
    tests(
        "DeliveryTests",
        ["Bounce", "LocalDelivery", "DaemonKit", "Wire", "Mail", "Spool", "Platform", "Configuration", "MessageFormat"] + nio),
    tests(
        "SMTPServerTests",
        ["SMTPServer", "SMTPProtocol", "LookupTables", "Routing", "Resolver"] + skeleton),
    tests("DaemonKitTests", ["CPlatform", "Configuration", "DaemonKit", "Mail", "Wire", "Platform"] + nio),
    tests("MasterTests", ["Master", "Mail", "Wire", "Configuration", "Platform", "SimulatedPlatform"]),
    tests("ArchitectureTests", ["Wire"]),
    tests("CommandKitTests", ["CommandKit", "MessageFormat"]),
    tests("QueueCommandsTests", ["QueueCommands"]),
    tests("SystemCommandsTests", ["SystemCommands"]),
    tests("SubmissionTests", ["Submission", "Mail"]),
]

let package = Package(
    name: "martlet",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    ],
    targets: layer0 + layer1 + layer2 + layer3 + layer4 + layer5 + testTargets
)
