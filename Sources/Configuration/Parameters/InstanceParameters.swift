/// The parameters of ``BaseParameters`` that the process skeleton and master need.
package enum InstanceParameters {
    package static let queueDirectory = BaseParameters.queueDirectory
    package static let dataDirectory = BaseParameters.dataDirectory
    package static let daemonDirectory = BaseParameters.daemonDirectory
    package static let commandDirectory = BaseParameters.commandDirectory
    package static let mailOwner = BaseParameters.mailOwner
    package static let syslogName = BaseParameters.syslogName
    package static let syslogFacility = BaseParameters.syslogFacility
    package static let maillogFile = BaseParameters.maillogFile
    package static let maxIdle = BaseParameters.maximumIdle
    package static let inetInterfaces = BaseParameters.inetInterfaces
    package static let inetProtocols = BaseParameters.inetProtocols
    package static let defaultProcessLimit = BaseParameters.defaultProcessLimit

    package static let all: [any AnyParameter] = [
        queueDirectory, dataDirectory, daemonDirectory, commandDirectory, mailOwner, syslogName, syslogFacility, maillogFile,
        maxIdle, inetInterfaces, inetProtocols, defaultProcessLimit,
    ]
}
