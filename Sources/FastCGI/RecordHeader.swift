/// The eight bytes before each record. Source: FastCGI Specification, 3.3 Records.
struct RecordHeader {
  static let byteCount = 8
  static let beginRequest: UInt8 = 1
  static let parameters: UInt8 = 4
  static let standardInput: UInt8 = 5

  let version: UInt8
  let type: UInt8
  let requestID: UInt16
  let contentLength: Int
  let paddingLength: Int

  init(_ bytes: [UInt8]) {
    precondition(bytes.count == Self.byteCount, "A header is collected before it is read.")
    version = bytes[0]
    type = bytes[1]
    requestID = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    contentLength = Int(bytes[4]) << 8 | Int(bytes[5])
    paddingLength = Int(bytes[6])
  }
}
