package import Platform

extension ConfigurationReview {
    /// A review by what the programs of an installation declare; each is asked once (``ParameterDump``).
    ///
    /// - Parameter others: names that programs declare which are no daemons.
    /// - Throws: when a program cannot be run.
    package static func asking(
        _ programs: some Sequence<String>, in daemonDirectory: String, others: [String] = []
    ) throws(SystemError) -> ConfigurationReview {
        var names = others
        for program in Set(programs).sorted() {
            let output = try ProgramOutput.run(daemonDirectory + "/" + program, [ParameterDump.option])
            names += ParameterDump.parse(String(decoding: output, as: UTF8.self)).map(\.name)
        }
        return ConfigurationReview(implemented: names)
    }
}
