import Platform
import Testing

@Suite("what master hands to a program")
struct WorkerInheritanceTests {
    @Test(
        "it arrives as it was sent",
        arguments: [
            WorkerInheritance(lifeline: 3, listeners: [], lease: 1),
            WorkerInheritance(
                lifeline: 3, listeners: [4, 5], lease: .max, generation: 7, sessionLimit: 50, exitsWhenIdle: true),
        ])
    func roundTrip(_ inheritance: WorkerInheritance) {
        #expect(WorkerInheritance(inheritance.text) == inheritance)
    }

    @Test(
        "what is not master's is refused",
        arguments: [
            "", "lifeline=3", "lease=1", "lifeline=x lease=1", "lifeline=-1 lease=1", "lifeline=3 lease=1 listen=-4",
            "lifeline=3 lease=1 colour=red", "lifeline=3 lease=1 limit=0", "lifeline", "lifeline=3 lease=99999999999999999999",
        ])
    func refused(_ text: String) { #expect(WorkerInheritance(text) == nil) }
}
