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
        var types: [String: String] = [:]
        for program in Set(programs).sorted() {
            let output = try ProgramOutput.run(daemonDirectory + "/" + program, [ParameterDump.option])
            for parameter in ParameterDump.parse(String(decoding: output, as: UTF8.self)) {
                names.append(parameter.name)
                types[parameter.name] = parameter.typeName
            }
        }
        return ConfigurationReview(implemented: names, typeNames: types)
    }
}
