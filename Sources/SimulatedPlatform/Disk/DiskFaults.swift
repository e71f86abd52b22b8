/// What goes wrong on a ``SimulatedDisk``, and when. Operations are those that change something, counted from 0.
package struct DiskFaults: Sendable {
    /// The power fails after so many operations: the next one, and every one after it, fails.
    package var powerCutAfter: Int? = nil
    /// These syncs (files and directories, by their own count) fail with EIO, once. As on Linux, what they should have written is lost
    /// and counts as clean: the next sync of the file succeeds, and reads give the lost bytes until the cache is dropped.
    package var failingSyncs: Set<Int> = []
    /// These writes (by their own count) fail with EIO after a part of the bytes.
    package var failingWrites: Set<Int> = []
    /// Canary: these syncs claim success and do nothing.
    package var forgottenSyncs: Set<Int> = []
    package init() {}
}

/// What of the unsynced state a power cut leaves.
package enum Survival: Sendable, CaseIterable {
    /// Nothing that was not synced.
    case nothing
    /// Everything, as if the kernel had just written it back.
    case everything
    /// Each sector, each file's size and each directory entry by chance: torn writes in any order.
    case chance
    /// Data by chance, but no directory entry: the order of journals that keep metadata back.
    case dataOnly
}
