package import Mail

/// tool → master: tell how things are, or change them. Answered with ``MasterStatus`` or ``MasterResult``.
///
/// *End of connection before the answer:* unknown outcome; every command may be repeated.
package struct MasterCommand: WireMessage, Equatable {
    package static let kind = WireKind(90, "master_command", from: .tool, to: .master)
    package enum Action: UInt8, Sendable { case status = 1, reload = 2, upgrade = 3 }
    package var action: Action
    package init(_ action: Action) { self.action = action }

    package func encode(into writer: inout ByteWriter) { writer.write(action.rawValue) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { action = try reader.readCase() }
}

/// master → tool: done, or why not; then everything is as it was.
package struct MasterResult: WireMessage, Equatable {
    package static let kind = WireKind(91, "master_result", from: .master, to: .tool)
    package var error: String?
    package init(error: String? = nil) { self.error = error }

    package func encode(into writer: inout ByteWriter) { writer.write(error) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { error = try reader.read(String?.self) }
}

/// master → tool: what runs.
package struct MasterStatus: WireMessage, Equatable {
    package static let kind = WireKind(92, "master_status", from: .master, to: .tool)

    package enum State: UInt8, Sendable { case starting = 1, ready = 2, serving = 3, full = 4, finishing = 5 }

    package struct Worker: Equatable, Sendable, ByteCodable {
        package var process: Int32
        package var generation: UInt32
        /// Seconds since it was started.
        package var age: Int64
        package var state: State
        package var sessions: UInt32

        package init(process: Int32, generation: UInt32, age: Int64, state: State, sessions: UInt32) {
            self.process = process
            self.generation = generation
            self.age = age
            self.state = state
            self.sessions = sessions
        }
        package func encode(into writer: inout ByteWriter) {
            writer.write(process)
            writer.write(generation)
            writer.write(age)
            writer.write(state.rawValue)
            writer.write(sessions)
        }
        package init(from reader: inout ByteReader) throws(DecodingFailure) {
            process = try reader.read(Int32.self)
            generation = try reader.read(UInt32.self)
            age = try reader.read(Int64.self)
            state = try reader.readCase()
            sessions = try reader.read(UInt32.self)
        }
    }

    package struct Service: Equatable, Sendable, ByteCodable {
        /// As in master.cf.
        package var name: String
        package var type: String
        package var program: String
        /// The configuration has it no longer.
        package var isRetired: Bool
        /// Workers that died in service, and that did not start, since master was started.
        package var crashes: UInt64
        package var badStarts: UInt64
        /// Seconds until a program that does not start is tried again; 0: nothing is waited for.
        package var pause: Int64
        package var workers: [Worker]

        package init(
            name: String, type: String, program: String, isRetired: Bool, crashes: UInt64, badStarts: UInt64, pause: Int64,
            workers: [Worker]
        ) {
            self.name = name
            self.type = type
            self.program = program
            self.isRetired = isRetired
            self.crashes = crashes
            self.badStarts = badStarts
            self.pause = pause
            self.workers = workers
        }
        package func encode(into writer: inout ByteWriter) {
            writer.write(name)
            writer.write(type)
            writer.write(program)
            writer.write(isRetired)
            writer.write(crashes)
            writer.write(badStarts)
            writer.write(pause)
            writer.write(workers)
        }
        package init(from reader: inout ByteReader) throws(DecodingFailure) {
            name = try reader.read(String.self)
            type = try reader.read(String.self)
            program = try reader.read(String.self)
            isRetired = try reader.read(Bool.self)
            crashes = try reader.read(UInt64.self)
            badStarts = try reader.read(UInt64.self)
            pause = try reader.read(Int64.self)
            workers = try reader.read([Worker].self)
        }
    }

    package var version: String
    package var process: Int32
    /// Seconds that master runs, upgrades included.
    package var age: Int64
    package var generation: UInt32
    /// Upgrades in its life.
    package var upgrades: UInt32
    package var services: [Service]

    package init(
        version: String, process: Int32, age: Int64, generation: UInt32, upgrades: UInt32, services: [Service]
    ) {
        self.version = version
        self.process = process
        self.age = age
        self.generation = generation
        self.upgrades = upgrades
        self.services = services
    }
    package func encode(into writer: inout ByteWriter) {
        writer.write(version)
        writer.write(process)
        writer.write(age)
        writer.write(generation)
        writer.write(upgrades)
        writer.write(services)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        version = try reader.read(String.self)
        process = try reader.read(Int32.self)
        age = try reader.read(Int64.self)
        generation = try reader.read(UInt32.self)
        upgrades = try reader.read(UInt32.self)
        services = try reader.read([Service].self)
    }
}
