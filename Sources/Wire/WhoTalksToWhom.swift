/// Every message of the suite: who may say what to whom. A test checks that it is complete and that no daemon uses another.
package enum WhoTalksToWhom {
    package static let table: [WireKind] = [
        Submission.kind, ContentChunk.kind, ContentEnd.kind, SubmissionResult.kind, SubmissionsEnd.kind,
        ArrivalNotice.kind, ArrivalAcknowledgement.kind,
        AgentReady.kind, AgentLeaving.kind, DeliveryRequest.kind, DeliveryReports.kind, ReportsJournalled.kind,
        ResumedReports.kind,
        NoticeRequest.kind, NoticeResult.kind,
        LocalSubmission.kind, LocalContentChunk.kind, LocalSubmissionResult.kind,
        QueueCommand.kind, QueueCommandResult.kind, LiveQueueQuery.kind, LiveQueueRows.kind,
        QueueChanges.kind, QueueQuestion.kind, QueueRefusal.kind, RequeueRequest.kind, RequeueResult.kind,
        MailboxDelivery.kind, MailboxContent.kind, MailboxDeliveryResult.kind,
        MasterCommand.kind, MasterResult.kind, MasterStatus.kind,
    ]
}
