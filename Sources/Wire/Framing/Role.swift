/// The programs that speak on the suite's sockets. ``agent`` stands for every delivery agent, ``tool`` for the commands.
package enum Role: String, Sendable, CaseIterable {
    case master, smtpd, cleanup, qmgr, agent, deliverer, bounce, pickup, showq, tool, sendmail
    /// Any of those that hand messages to cleanup: smtpd, pickup, bounce, agent.
    case submitter
}
