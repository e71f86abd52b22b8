import Testing

@Suite("the layers of the architecture")
struct LayerTests {
    let tree: SourceTree

    init() throws { tree = try SourceTree() }

    @Test("the manifest and the folders name the same modules")
    func complete() {
        #expect(tree.layers.count >= 40)
        let folders = Set(tree.files.map(\.module))
        #expect(folders.isSubset(of: tree.layers.keys))
    }

    @Test("nothing imports upward or sideways within the daemons")
    func direction() {
        for file in tree.files {
            guard let own = tree.layers[file.module] else { continue }
            for name in file.imports {
                guard let other = tree.layers[name], name != file.module else { continue }
                // Within the pure and the service layer a target may build on another; SwiftPM forbids cycles.
                let allowed =
                    own == 1 || own == 2 ? other <= own : own == 4 && toolsOnly(file.module) ? other <= own : other < own
                #expect(allowed, "\(file.path) (layer \(own)) imports \(name) (layer \(other))")
            }
        }
    }

    /// The commands share code; they are no daemons.
    private func toolsOnly(_ module: String) -> Bool {
        ["Submission", "Control", "QueueCommands", "SystemCommands"].contains(module)
    }

    @Test("the pure layer has no I/O, clock or event loop")
    func purity() {
        for file in tree.files where tree.layers[file.module] == 1 {
            for name in file.imports where ["Glibc", "NIOCore", "NIOPosix", "Dispatch", "Synchronization"].contains(name) {
                // The C library's memchr is no I/O; a file that needs it does nothing else.
                let isSearch = name == "Glibc" && file.text.contains("memchr(") && file.text.utf8.count < 2000
                #expect(isSearch, "\(file.path) imports \(name)")
            }
        }
    }

    @Test("Foundation is nowhere")
    func foundation() {
        for file in tree.files {
            #expect(!file.imports.contains { $0.hasPrefix("Foundation") }, "\(file.path) imports Foundation")
        }
    }

    @Test("a program is a main.swift of at most 20 lines")
    func programs() {
        for file in tree.files where tree.layers[file.module] == 5 {
            #expect(file.path == "Sources/\(file.module)/main.swift")
            #expect(file.text.split(separator: "\n", omittingEmptySubsequences: false).count <= 21, "\(file.path)")
        }
    }

    @Test("no file exceeds 500 lines")
    func size() {
        for file in tree.files {
            let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 500 || file.path.contains("PostfixParameters"), "\(file.path) has \(lines) lines")
        }
    }
}
