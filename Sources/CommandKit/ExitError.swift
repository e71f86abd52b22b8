/// A command ends with this status of sysexits.h and says why on standard error.
package struct ExitError: Error, Equatable, Sendable {
    package var status: Int32
    package var message: String
    package init(status: Int32, message: String) {
        self.status = status
        self.message = message
    }
}
