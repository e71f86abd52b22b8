internal import Configuration
internal import Scheduling

/// A concurrency feedback as main.cf has it: `1`, `1/8`, `1/concurrency`, `1/sqrt_concurrency`.
package struct FeedbackText: ParameterValue {
    let feedback: Feedback
    package static var typeName: String { "concurrency feedback" }
    package static func parse(_ text: String) -> FeedbackText? { Feedback(text).map(FeedbackText.init) }
    package static func < (left: FeedbackText, right: FeedbackText) -> Bool { left.feedback.base < right.feedback.base }
}
