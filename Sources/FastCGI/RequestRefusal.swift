import Linux

/// Why a connection was closed without effect.
package enum RequestRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  // Who, and how.
  case foreignPeer(userID: UInt32)
  case tooSlow
  case cutOff
  case connectionLost(code: Int32)
  // Records.
  case unsupportedVersion(UInt8)
  case managementRecord(type: UInt8)
  case unexpectedRecord(type: UInt8)
  case malformedRecord(type: UInt8)
  case foreignRequestID
  case notAResponder(role: UInt16)
  case bytesAfterRequest
  // Parameters.
  case parametersTooLong
  case tooManyParameters
  case malformedParameters
  case malformedParameterName
  case duplicateParameter(name: String)
  case missingEnd
  /// A value is not UTF-8, or contains a NUL.
  case malformedText(name: String)
  // Body.
  case missingContentLength
  case malformedContentLength
  case bodyTooLarge
  case bodyLengthMismatch
  /// libfcgi refused, or found something else than the inspection had.
  case unreadable

  /// Whether the fault is the HTTP client's, and an answer can say so.
  ///
  /// nginx passes the answer on if it has sent the whole request by then. A body of more than about
  /// 200 KiB is cut off, which nginx reports as 502; its own limit is to be lower than ours.
  var isAnswerable: Bool {
    switch self {
    case .bodyTooLarge, .malformedText: true
    default: false
    }
  }

  package var description: String {
    switch self {
    case .foreignPeer(let userID):
      "the peer runs as user \(userID), which is not among the allowed ones"
    case .tooSlow: "the request did not arrive in time"
    case .cutOff: "the peer stopped in the middle of the request"
    case .connectionLost(let code): "the connection failed: \(systemMessage(for: code))"
    case .unsupportedVersion(let version): "expected FastCGI version 1, found \(version)"
    case .managementRecord(let type): "management record of type \(type)"
    case .unexpectedRecord(let type): "record of type \(type) out of its place"
    case .malformedRecord(let type): "malformed record of type \(type)"
    case .foreignRequestID: "record of another request"
    case .notAResponder(let role): "expected the role of a responder (1), found \(role)"
    case .bytesAfterRequest: "bytes after the end of the request"
    case .parametersTooLong: "more than \(ParameterBlock.maximumBytes) bytes of parameters"
    case .tooManyParameters: "more than \(ParameterBlock.maximumCount) parameters"
    case .malformedParameters: "parameter lengths do not fit together"
    case .malformedParameterName: "a parameter name is not 1 to 128 of A-Z, 0-9 and _"
    case .duplicateParameter(let name):
      "parameter \(name) is given twice: include weixinpay_params alone in the location, and no"
        + " fastcgi_params"
    case .missingEnd:
      "the parameters do not end with \(ParameterBlock.endName) = 1: in the location,"
        + " include weixinpay_params last, and no other list of parameters (fastcgi_params)"
    case .malformedText(let name): "parameter \(name) is not UTF-8, or contains a NUL"
    case .missingContentLength: "parameter CONTENT_LENGTH is missing"
    case .malformedContentLength: "parameter CONTENT_LENGTH is not a number"
    case .bodyTooLarge: "the body is too large"
    case .bodyLengthMismatch: "the body is not as long as CONTENT_LENGTH says"
    case .unreadable: "libfcgi cannot read the request"
    }
  }
}
