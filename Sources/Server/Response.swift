/// An answer to a request.
package struct Response: Sendable {
  /// The HTTP status, 200 to 599.
  package var status: Int
  /// The body's media type; empty for no `Content-Type` header.
  package var contentType: String
  /// Further headers. Names and values are the program's own, never a client's bytes.
  package var headers: [(name: String, value: String)]
  /// Sent as it is, with its length as `Content-Length`.
  package var body: [UInt8]

  package init(
    status: Int, contentType: String = "", headers: [(name: String, value: String)] = [],
    body: [UInt8] = []
  ) {
    self.status = status
    self.contentType = contentType
    self.headers = headers
    self.body = body
  }

  /// The answer in CGI form, as nginx takes it. Source: RFC 3875, 6 (CGI Response).
  ///
  /// A line break in a header is a programmer's mistake: the rest would be a header of its own, or
  /// the body.
  var bytes: [UInt8] {
    precondition((200...599).contains(status), "nginx passes on no other status.")
    var lines = [("Status", "\(status) \(reason)")]
    if !contentType.isEmpty { lines.append(("Content-Type", contentType)) }
    lines += [
      ("Content-Length", String(body.count)),
      // Payments are nobody's to keep, and no browser's to take for something else.
      ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
    ]
    lines += headers.map { ($0.name, $0.value) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256 + body.count)
    for (name, value) in lines {
      precondition(Self.isHeaderName(name), "A header's name is letters, digits and hyphens.")
      precondition(
        !value.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "A header's value is one line.")
      bytes += "\(name): \(value)\r\n".utf8
    }
    bytes += "\r\n".utf8
    bytes += body
    return bytes
  }

  private static func isHeaderName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// The words after the status; clients may ignore them, but some refuse a line without any.
  private var reason: String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 303: "See Other"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 409: "Conflict"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 500: "Internal Server Error"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 200...299: "Success"
    case 300...399: "Redirection"
    case 400...499: "Client Error"
    default: "Server Error"
    }
  }
}
