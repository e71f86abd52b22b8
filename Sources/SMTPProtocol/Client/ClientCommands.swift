internal import Mail

/// The client's commands as octets.
///
/// *Failure:* an address that no command can carry (controls, a domain that would end the path) is refused, so that no table or
/// spool file can put words into our mouth.
enum ClientCommands {
    static func append(_ words: String..., to bytes: inout [UInt8]) {
        for word in words { bytes.append(contentsOf: word.utf8) }
        bytes.append(.carriageReturn)
        bytes.append(.lineFeed)
    }

    /// - Returns: false, with nothing appended, when the sender's address cannot be sent.
    static func appendMail(_ transaction: ClientTransaction, _ features: PeerFeatures, to bytes: inout [UInt8]) -> Bool {
        let start = bytes.count
        bytes.append(contentsOf: "MAIL FROM:<".utf8)
        if case .address(let address) = transaction.sender, !append(path: address, to: &bytes) {
            bytes.removeSubrange(start...)
            return false
        }
        bytes.append(UInt8(ascii: ">"))
        if features.size {
            bytes.append(contentsOf: " SIZE=".utf8)
            bytes.append(contentsOf: String(transaction.size).utf8)
        }
        if features.eightBitMIME {
            switch transaction.body {
            case .sevenBit: bytes.append(contentsOf: " BODY=7BIT".utf8)
            case .eightBitMIME: bytes.append(contentsOf: " BODY=8BITMIME".utf8)
            case .binaryMIME, nil: break
            }
        }
        if features.deliveryStatus {
            if let id = transaction.envelopeID {
                bytes.append(contentsOf: " ENVID=".utf8)
                bytes.append(contentsOf: XText.encode(id).utf8)
            }
            switch transaction.returnContent {
            case .headers: bytes.append(contentsOf: " RET=HDRS".utf8)
            case .full: bytes.append(contentsOf: " RET=FULL".utf8)
            case nil: break
            }
        }
        if features.smtpUTF8, transaction.smtpUTF8 || transaction.requiresSMTPUTF8 {
            bytes.append(contentsOf: " SMTPUTF8".utf8)
        }
        append(to: &bytes)
        return true
    }

    /// - Returns: false, with nothing appended, when the address cannot be sent.
    static func appendRecipient(_ recipient: EnvelopeRecipient, _ features: PeerFeatures, to bytes: inout [UInt8]) -> Bool {
        let start = bytes.count
        bytes.append(contentsOf: "RCPT TO:<".utf8)
        guard append(path: recipient.address, to: &bytes) else {
            bytes.removeSubrange(start...)
            return false
        }
        bytes.append(UInt8(ascii: ">"))
        if features.deliveryStatus { appendDeliveryStatus(recipient, to: &bytes) }
        append(to: &bytes)
        return true
    }

    /// ORCPT and NOTIFY, RFC 3461 section 4.1 and 4.2. Without an ORCPT from outside it tells the address before expansion.
    private static func appendDeliveryStatus(_ recipient: EnvelopeRecipient, to bytes: inout [UInt8]) {
        let original =
            recipient.orcpt ?? recipient.original.map { OriginalRecipient(type: "rfc822", address: $0.externalForm) }
        if let original, original.type.utf8.allSatisfy(\.isAtext), original.address.utf8.allSatisfy({ $0 < 0x80 }) {
            bytes.append(contentsOf: " ORCPT=".utf8)
            bytes.append(contentsOf: original.type.utf8)
            bytes.append(UInt8(ascii: ";"))
            bytes.append(contentsOf: XText.encode(original.address).utf8)
        }
        guard let notify = recipient.notify else { return }
        var words: [String] = []
        if notify.contains(.success) { words.append("SUCCESS") }
        if notify.contains(.failure) { words.append("FAILURE") }
        if notify.contains(.delay) { words.append("DELAY") }
        bytes.append(contentsOf: " NOTIFY=".utf8)
        bytes.append(contentsOf: (words.isEmpty ? "NEVER" : words.joined(separator: ",")).utf8)
    }

    /// Mailbox of RFC 5321 section 4.1.2, its local part quoted where the grammar asks for it.
    private static func append(path address: EmailAddress, to bytes: inout [UInt8]) -> Bool {
        let local = address.localPart.utf8
        guard !local.isEmpty, local.allSatisfy({ !$0.isForbiddenControl && $0 != 0x09 }),
            address.domain.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") })
        else { return false }
        bytes.append(contentsOf: address.externalForm.utf8)
        return true
    }
}
