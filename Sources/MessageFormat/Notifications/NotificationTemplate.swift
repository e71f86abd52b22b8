/// The words of a notification for people: bounce(5)'s built-in templates.
struct NotificationTemplate {
    let subject: String
    let postmasterSubject: String
    let text: [String]

    static func failure(hostname: String) -> NotificationTemplate {
        NotificationTemplate(
            subject: "Undelivered Mail Returned to Sender",
            postmasterSubject: "Postmaster Copy: Undelivered Mail",
            text: [
                "This is the mail system at host \(hostname).", "",
                "I'm sorry to have to inform you that your message could not",
                "be delivered to one or more recipients. It's attached below.", "",
            ] + assistance)
    }

    static func delay(hostname: String, warningHours: Int, lifetimeDays: Int) -> NotificationTemplate {
        NotificationTemplate(
            subject: "Delayed Mail (still being retried)",
            postmasterSubject: "Postmaster Warning: Delayed Mail",
            text: [
                "This is the mail system at host \(hostname).", "",
                "####################################################################",
                "# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #",
                "####################################################################", "",
                "Your message could not be delivered for more than \(warningHours) hour(s).",
                "It will be retried until it is \(lifetimeDays) day(s) old.", "",
            ] + assistance)
    }

    static func success(hostname: String) -> NotificationTemplate {
        NotificationTemplate(
            subject: "Successful Mail Delivery Report",
            postmasterSubject: "Postmaster Copy: Successful Mail Delivery Report",
            text: [
                "This is the mail system at host \(hostname).", "",
                "Your message was successfully delivered to the destination(s)",
                "listed below. If the message was delivered to mailbox you will",
                "receive no further notifications. Otherwise you may still receive",
                "notifications of mail delivery errors from other systems.", "",
                signature,
            ])
    }

    private static let signature = "                   The mail system"
    private static let assistance = [
        "For further assistance, please send mail to postmaster.", "",
        "If you do so, please include this problem report. You can",
        "delete your own text from the attached returned message.", "",
        signature,
    ]
}
