/// Files of the spool that were removed lately: agents close their descriptors, so that the space is free.
struct RetiredFiles {
    /// An agent that was not spoken to for so long has closed its files itself.
    private static let kept = 64
    private var files: [String] = []
    private var dropped = 0

    mutating func append(_ new: [String]) {
        files += new
        let surplus = files.count - Self.kept
        guard surplus > 0 else { return }
        files.removeFirst(surplus)
        dropped += surplus
    }

    /// Those after `position`, and the position behind them.
    func since(_ position: Int) -> (files: [String], position: Int) {
        let end = dropped + files.count
        guard position < end else { return ([], end) }
        return (Array(files.suffix(end - max(position, dropped))), end)
    }
}
