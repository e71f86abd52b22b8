extension EnvelopeRecipient: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(address)
        writer.write(original)
        writer.write(orcpt)
        writer.write(notify != nil)
        if let notify { writer.write(notify.rawValue) }
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(try reader.read(EmailAddress.self), original: try reader.read(EmailAddress?.self))
        orcpt = try reader.read(OriginalRecipient?.self)
        if try reader.read(Bool.self) { notify = NotifyOptions(rawValue: try reader.read(UInt8.self)) }
    }
}

extension EmailAddress: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(localPart)
        writer.write(domain)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(localPart: try reader.read(String.self), domain: try reader.read(String.self))
    }
}

extension OriginalRecipient: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(type)
        writer.write(address)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(type: try reader.read(String.self), address: try reader.read(String.self))
    }
}

extension DeliverBy: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(deadline)
        writer.write(returnIfLate)
        writer.write(trace)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            deadline: try reader.read(Int64.self), returnIfLate: try reader.read(Bool.self), trace: try reader.read(Bool.self))
    }
}

extension ClientInformation: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(name)
        writer.write(address)
        writer.write(port)
        writer.write(transmissionProtocol)
        writer.write(helo)
        writer.write(uid)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init()
        name = try reader.read(String.self)
        address = try reader.read(String.self)
        port = try reader.read(UInt16.self)
        transmissionProtocol = try reader.read(String.self)
        helo = try reader.read(String.self)
        uid = try reader.read(UInt32?.self)
    }
}

extension SASLInformation: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(method)
        writer.write(username)
        writer.write(sender)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            method: try reader.read(String.self), username: try reader.read(String.self), sender: try reader.read(String?.self))
    }
}

extension MessageOrigin: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(parent)
        writer.write(recipients)
        writer.write(purpose.rawValue)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            parent: try reader.read(RecordLocation.self), recipients: try reader.read([UInt32].self),
            purpose: try reader.readCase())
    }
}

extension ReversePath: ByteCodable {
    package func encode(into writer: inout ByteWriter) { writer.write(internalForm) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) { self.init(internal: try reader.read(String.self)) }
}

extension QueueID: ByteCodable {
    package func encode(into writer: inout ByteWriter) { writer.write(description) }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        let text = try reader.read(String.self)
        guard let id = QueueID(text) else { throw DecodingFailure("queue ID expected") }
        self = id
    }
}

extension EnhancedStatus: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(statusClass.rawValue)
        writer.write(subject)
        writer.write(detail)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(try reader.readCase(), try reader.read(UInt16.self), try reader.read(UInt16.self))
    }
}

extension RemoteDiagnostic: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(type)
        writer.write(text)
        writer.write(host)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(type: try reader.read(String.self), text: try reader.read(String.self), host: try reader.read(String?.self))
    }
}

extension DeliveryStatus: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(outcome.rawValue)
        writer.write(code)
        writer.write(text)
        writer.write(diagnostic)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            try reader.readCase(), try reader.read(EnhancedStatus.self), try reader.read(String.self),
            diagnostic: try reader.read(RemoteDiagnostic?.self))
    }
}

extension SegmentNonce: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(high)
        writer.write(low)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(high: try reader.read(UInt64.self), low: try reader.read(UInt64.self))
    }
}

extension RecordLocation: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(segment)
        writer.write(nonce)
        writer.write(offset)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            segment: try reader.read(UInt64.self), nonce: try reader.read(SegmentNonce.self),
            offset: try reader.read(UInt64.self))
    }
}

extension ContentExtent: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(offset)
        writer.write(length)
        writer.write(crc)
        writer.write(seed)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            offset: try reader.read(UInt64.self), length: try reader.read(UInt64.self), crc: try reader.read(UInt32.self),
            seed: try reader.read(UInt32.self))
    }
}

extension ContentLocation: ByteCodable {
    package func encode(into writer: inout ByteWriter) {
        writer.write(file)
        writer.write(header)
        writer.write(body)
        writer.write(bodyFile)
        writer.write(hasDotLines)
    }
    package init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            file: try reader.read(String.self), header: try reader.read(ContentExtent.self),
            body: try reader.read(ContentExtent.self), bodyFile: try reader.read(String?.self),
            hasDotLines: try reader.read(Bool.self))
    }
}
