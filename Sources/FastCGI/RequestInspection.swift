/// Looks over a request before libfcgi sees it.
///
/// One management record can overrun libfcgi's stack, a wrong length can make it give up the
/// process, and it reports a request that was cut off as complete. So nothing reaches it but one
/// whole, plain request: BEGIN_REQUEST, PARAMS, STDIN, each of the same request, and nothing else.
/// A pure value over bytes, in pieces of any size; it keeps at most 64 KiB of them.
struct RequestInspection {
  private enum Stage { case begin, parameters, body, whole }

  private static let responder: UInt16 = 1

  private let maximumBody: Int
  private var stage = Stage.begin
  private var requestID: UInt16 = 0
  private var header: [UInt8] = []
  private var contentLeft = 0
  private var paddingLeft = 0
  /// The content of BEGIN_REQUEST, then that of all PARAMS.
  private var content: [UInt8] = []
  private var bodyLeft = 0
  /// What CONTENT_LENGTH says, in bytes; known once the parameters have been seen.
  private(set) var bodyLength = 0

  init(maximumBody: Int) { self.maximumBody = maximumBody }

  /// Whether all of the request has been seen.
  var isWhole: Bool { stage == .whole }

  /// Takes the next bytes from the connection.
  ///
  /// - Throws: `RequestRefusal` at the first byte that cannot belong to a request of ours. An
  ///   answerable one is thrown only after the parameters were found well-formed to their end, so
  ///   that libfcgi can read them.
  mutating func consume(_ bytes: [UInt8]) throws(RequestRefusal) {
    var rest = bytes[...]
    while let next = rest.first {
      if stage == .whole {
        throw .bytesAfterRequest
      } else if contentLeft > 0 {
        let part = rest.prefix(contentLeft)
        rest = rest.dropFirst(part.count)
        contentLeft -= part.count
        if stage != .body { content += part }
        if stage == .begin, contentLeft == 0 { try finishBegin() }
      } else if paddingLeft > 0 {
        let count = min(paddingLeft, rest.count)
        rest = rest.dropFirst(count)
        paddingLeft -= count
      } else {
        rest = rest.dropFirst()
        header.append(next)
        guard header.count == RecordHeader.byteCount else { continue }
        try enter(RecordHeader(header))
        header.removeAll(keepingCapacity: true)
      }
    }
  }

  private mutating func enter(_ record: RecordHeader) throws(RequestRefusal) {
    guard record.version == 1 else { throw .unsupportedVersion(record.version) }
    guard record.requestID != 0 else { throw .managementRecord(type: record.type) }
    guard record.type == expectedType else { throw .unexpectedRecord(type: record.type) }
    // libfcgi forgets the padding of these records and would read it as the next header.
    if stage == .begin || record.contentLength == 0 {
      guard record.paddingLength == 0 else { throw .malformedRecord(type: record.type) }
    }
    if stage == .begin {
      guard record.contentLength == 8 else { throw .malformedRecord(type: record.type) }
      requestID = record.requestID
    }
    guard record.requestID == requestID else { throw .foreignRequestID }
    contentLeft = record.contentLength
    paddingLeft = record.paddingLength
    switch stage {
    case .begin, .whole: break
    case .parameters: try enterParameters(record)
    case .body: try enterBody(record)
    }
  }

  private var expectedType: UInt8 {
    switch stage {
    case .begin: RecordHeader.beginRequest
    case .parameters: RecordHeader.parameters
    case .body, .whole: RecordHeader.standardInput
    }
  }

  private mutating func finishBegin() throws(RequestRefusal) {
    let role = UInt16(content[0]) << 8 | UInt16(content[1])
    guard role == Self.responder else { throw .notAResponder(role: role) }
    content = []
    stage = .parameters
  }

  private mutating func enterParameters(_ record: RecordHeader) throws(RequestRefusal) {
    guard record.contentLength == 0 else {
      guard content.count + record.contentLength <= ParameterBlock.maximumBytes else {
        throw .parametersTooLong
      }
      return
    }
    let block = try ParameterBlock(content)
    content = []
    bodyLength = try block.contentLength
    guard bodyLength <= maximumBody else { throw .bodyTooLarge }
    bodyLeft = bodyLength
    stage = .body
  }

  private mutating func enterBody(_ record: RecordHeader) throws(RequestRefusal) {
    guard record.contentLength <= bodyLeft else { throw .bodyLengthMismatch }
    bodyLeft -= record.contentLength
    guard record.contentLength == 0 else { return }
    guard bodyLeft == 0 else { throw .bodyLengthMismatch }
    stage = .whole
  }
}
