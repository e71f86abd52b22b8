internal import Configuration

/// master.cf as postconf reads it.
enum MasterText {
    /// - Throws: what Postfix calls fatal, in its words.
    static func parse(_ bytes: [UInt8], path: String) throws(ServiceWords.Mistake) -> [ServiceWords] {
        var services: [ServiceWords] = []
        for line in LogicalLines(bytes) where line.text.utf8.first?.isWhiteSpace == false {
            do {
                services.append(try ServiceWords(line.text))
            } catch {
                guard error.text == "bad field count" else { throw error }
                throw ServiceWords.Mistake(text: "file \(path): line \(line.number): \(error.text)")
            }
        }
        return services
    }
}
