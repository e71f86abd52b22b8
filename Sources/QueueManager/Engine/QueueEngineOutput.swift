package import Mail
package import MailLog
package import Wire

/// What the queue logic asks of the process around it. Every answer comes later, as an event of ``QueueEngine``.
package protocol QueueEngineOutput: AnyObject {
    /// Answered by ``QueueEngine/storeCompleted(_:)``; no other batch is given before.
    func perform(_ batch: StoreBatch)
    /// Answered by reports, ``QueueEngine/lost(delivery:agent:)`` or ``QueueEngine/transportUnavailable(delivery:_:)``.
    func deliver(_ request: DeliveryRequest, over transport: String)
    /// The delivery's reports are in the journal; its agent is free.
    func acknowledge(delivery: UInt64, over transport: String)
    /// Answered by ``QueueEngine/noticeAnswered(_:_:)``.
    func request(_ notice: NoticeRequest, number: UInt64)
    /// Answered by ``QueueEngine/noticeAnswered(_:_:)``.
    func request(_ requeue: RequeueRequest, number: UInt64)
    func answer(_ token: ReplyToken, _ changes: QueueChanges)
    /// Ends this process, in order; the next one rebuilds the index.
    func restart()
    func answer(_ token: ReplyToken, _ acknowledgement: ArrivalAcknowledgement)
    func answer(_ token: ReplyToken, _ result: QueueCommandResult)
    func answer(_ token: ReplyToken, _ rows: LiveQueueRows)
    func answer(_ token: ReplyToken, _ journalled: ReportsJournalled)
    /// Agents are to close these files.
    func retire(files: [String])
    func log(_ severity: LogSeverity, _ text: String)
    /// A message that was given to ``QueueEngine/holdWhenMet(_:)`` was met.
    func placedOnHold(_ id: QueueID)
}

extension QueueEngineOutput {
    package func placedOnHold(_ id: QueueID) {}
}
