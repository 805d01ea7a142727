/// FastCGI records as bytes, right ones and wrong ones.
///
/// Source: FastCGI Specification, 3 Protocol Basics and 8 Types and Constants.
package enum FastCGIRecords {
  package static let beginRequest: UInt8 = 1
  package static let abortRequest: UInt8 = 2
  package static let endRequest: UInt8 = 3
  package static let parameters: UInt8 = 4
  package static let standardInput: UInt8 = 5
  package static let standardOutput: UInt8 = 6
  package static let standardError: UInt8 = 7
  package static let getValues: UInt8 = 9

  /// What nginx sends for a plain request with our configuration, without CONTENT_LENGTH and the
  /// end.
  package static let commonParameters = [
    ("WEIXINPAY_ROUTE", "pay"), ("QUERY_STRING", "a=1"), ("REQUEST_METHOD", "POST"),
    ("CONTENT_TYPE", "application/json"), ("DOCUMENT_URI", "/wxpay/pay"),
    ("REMOTE_ADDR", "192.0.2.7"),
  ]

  package static func record(
    _ type: UInt8, _ content: [UInt8] = [], requestID: UInt16 = 1, padding: Int = 0,
    version: UInt8 = 1
  ) -> [UInt8] {
    [
      version, type, UInt8(requestID >> 8), UInt8(requestID & 0xFF),
      UInt8(content.count >> 8), UInt8(content.count & 0xFF), UInt8(padding), 0,
    ] + content + [UInt8](repeating: 0, count: padding)
  }

  package static func begin(
    role: UInt8 = 1, keepConnection: Bool = false, requestID: UInt16 = 1, padding: Int = 0
  ) -> [UInt8] {
    record(
      beginRequest, [0, role, keepConnection ? 1 : 0, 0, 0, 0, 0, 0], requestID: requestID,
      padding: padding)
  }

  /// A name and a value with their lengths, as the content of a PARAMS record has them.
  package static func pair(_ name: [UInt8], _ value: [UInt8]) -> [UInt8] {
    length(name.count) + length(value.count) + name + value
  }

  package static func pairs(_ parameters: [(String, String)]) -> [UInt8] {
    parameters.flatMap { pair(Array($0.0.utf8), Array($0.1.utf8)) }
  }

  /// `commonParameters`, `further`, CONTENT_LENGTH and the end.
  package static func whole(
    _ further: [(String, String)] = [], contentLength: String
  ) -> [(String, String)] {
    commonParameters + further + [("CONTENT_LENGTH", contentLength), ("WEIXINPAY_END", "1")]
  }

  /// PARAMS records with `content`, in nginx's manner: at most 32 KiB each, padded to multiples of
  /// eight, an empty one at the end.
  package static func parameterStream(_ content: [UInt8]) -> [UInt8] {
    stream(parameters, content)
  }

  /// STDIN records with `content`, likewise.
  package static func bodyStream(_ content: [UInt8]) -> [UInt8] { stream(standardInput, content) }

  /// A request with `commonParameters`, `further` and a body, as nginx would send it.
  package static func request(
    _ further: [(String, String)] = [], body: [UInt8] = [], keepConnection: Bool = false
  ) -> [UInt8] {
    begin(keepConnection: keepConnection)
      + parameterStream(pairs(whole(further, contentLength: String(body.count))))
      + bodyStream(body)
  }

  private static func stream(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = content[...]
    while !rest.isEmpty {
      let part = rest.prefix(32 << 10)
      rest = rest.dropFirst(part.count)
      bytes += record(type, Array(part), padding: (8 - part.count % 8) % 8)
    }
    return bytes + record(type)
  }

  private static func length(_ count: Int) -> [UInt8] {
    guard count >= 0x80 else { return [UInt8(count)] }
    return [24, 16, 8, 0].enumerated().map { index, shift in
      UInt8(count >> shift & 0xFF) | (index == 0 ? 0x80 : 0)
    }
  }
}
