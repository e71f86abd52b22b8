import Foundation

/// The manifest and the sources of this checkout, as text.
struct SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct File {
        var module: String
        /// Relative to the checkout.
        var path: String
        var text: String

        var imports: [String] {
            text.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
                    words[..<index].allSatisfy({
                        ["package", "internal", "private", "fileprivate", "@testable", "@preconcurrency"].contains($0)
                    })
                else { return nil }
                // `import class Foundation.Thread` and `import Glibc` alike.
                return words.last?.split(separator: ".").first.map(String.init)
            }
        }
    }

    /// Target names by layer, from Package.swift.
    let layers: [String: Int]
    let files: [File]

    init() throws {
        let manifest = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
        var layers: [String: Int] = [:]
        for layer in 0...5 {
            guard let start = manifest.range(of: "let layer\(layer): [Target] = ["),
                let end = manifest.range(of: "\n]", range: start.upperBound..<manifest.endIndex)
            else { throw ManifestError(layer: layer) }
            let pattern = /(?:library|program)\(\s*"(\w+)"|name: "(\w+)"/
            for match in manifest[start.upperBound..<end.lowerBound].matches(of: pattern) {
                if let name = match.output.1 ?? match.output.2 { layers[String(name)] = layer }
            }
        }
        self.layers = layers
        files = try Self.swiftFiles()
    }

    struct ManifestError: Error { var layer: Int }

    private static func swiftFiles() throws -> [File] {
        let sources = root.appending(path: "Sources")
        guard let walk = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil) else { return [] }
        var files: [File] = []
        for case let url as URL in walk where url.pathExtension == "swift" {
            let path = String(url.path().dropFirst(root.path().count))
            let module = path.split(separator: "/")[1]
            files.append(File(module: String(module), path: path, text: try String(contentsOf: url, encoding: .utf8)))
        }
        return files
    }
}
