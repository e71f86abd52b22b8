/// Reads the data of records as they are on the wire, names uncompressed (RFC 1035 section 3.3).
///
/// *Failure:* nil for what is short, over-long or has names that may not be used.
enum RecordData {
    static func mailExchanger(_ data: [UInt8]) -> MailExchanger? {
        guard data.count >= 3, let host = name(data[2...]) else { return nil }
        return MailExchanger(preference: UInt16(data[0]) << 8 | UInt16(data[1]), host: host)
    }

    /// A name without its final dot; "" for the root.
    static func name(_ data: ArraySlice<UInt8>) -> String? {
        var text: [UInt8] = []
        var index = data.startIndex
        while index < data.endIndex {
            let length = Int(data[index])
            index += 1
            if length == 0 {
                guard index == data.endIndex, text.count <= DomainName.maximumLength else { return nil }
                return String(decoding: text, as: UTF8.self)
            }
            guard length <= DomainName.maximumLabel, data.endIndex - index >= length else { return nil }
            let label = data[index..<index + length]
            guard label.allSatisfy(DomainName.isSafe) else { return nil }
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            text.append(contentsOf: label)
            index += length
        }
        return nil
    }

    /// The strings of a TXT record put together, as SPF and DNS lists read them (RFC 7208 section 3.3). Bytes outside printable
    /// ASCII become `?`: this text goes into logs and replies.
    static func text(_ data: [UInt8]) -> String? {
        var text: [UInt8] = []
        var index = 0
        while index < data.count {
            let length = Int(data[index])
            guard data.count - index - 1 >= length else { return nil }
            text += data[(index + 1)..<(index + 1 + length)].map { $0 >= 0x20 && $0 < 0x7f ? $0 : UInt8(ascii: "?") }
            index += 1 + length
        }
        return String(decoding: text, as: UTF8.self)
    }
}
