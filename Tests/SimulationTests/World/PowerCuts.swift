import Foundation
import SimulatedPlatform

/// The seeds that a simulation runs with: `usual`, or as many as SIMULATION_SEEDS says, from 1 on.
func seeds(_ usual: ClosedRange<UInt64>) -> ClosedRange<UInt64> {
    guard let text = ProcessInfo.processInfo.environment["SIMULATION_SEEDS"], let count = UInt64(text), count > 0 else {
        return usual
    }
    return 1...count
}

/// Runs a scenario once for each of its disk operations, with the power cut behind that operation, and for each way in which unsynced
/// data may survive; then looks at what is left.
///
/// - Parameters:
///   - faults: others beside the power cut (a failing sync, a canary's forgotten one).
///   - scenario: must give up quietly when the disk is off.
///   - check: the broken promises, after the power has come back and every process is dead.
/// - Returns: the broken promises with all that is needed to repeat them.
func violationsOfEveryPowerCut(
    seed: UInt64, capacity: UInt64 = .max, faults: DiskFaults = DiskFaults(), survivals: [Survival] = Survival.allCases,
    scenario: (World) throws -> Void, check: (World) throws -> [String]
) throws -> [String] {
    let whole = try World(seed: seed, faults: faults, capacity: capacity)
    let before = whole.disk.operations
    try scenario(whole)
    let operations = whole.disk.operations - before
    var violations: [String] = []
    for cut in 0...operations {
        for survival in survivals {
            var faults = faults
            faults.powerCutAfter = cut
            let world = try World(seed: seed, faults: faults, capacity: capacity)
            try scenario(world)
            world.disk.restart(survival)
            violations += try check(world).map { "seed \(seed), cut after \(cut) of \(operations), \(survival): \($0)" }
        }
    }
    return violations
}
