import CCurl

/// One HTTP request.
package struct HTTPRequest: Sendable {
  package enum Method: Sendable {
    case get, post
    /// What `get` would answer, without its body.
    case head
  }

  package var method: Method
  /// `https://` (or `http://`, in a session that allows it), visible ASCII characters only, no user
  /// name; anything else is refused when sent.
  package var url: String
  /// The body's media type; nil sends none.
  package var contentType: String?
  /// Further headers. A name or value with control characters is refused when sent.
  package var headers: [(name: String, value: String)]
  /// Empty for `get` and `head`.
  package var body: [UInt8]

  package init(
    method: Method, url: String, contentType: String? = nil,
    headers: [(name: String, value: String)] = [], body: [UInt8] = []
  ) {
    precondition(method == .post || body.isEmpty, "Only a POST request carries a body.")
    self.method = method
    self.url = url
    self.contentType = contentType
    self.headers = headers
    self.body = body
  }
}

extension HTTPRequest {
  /// The host and port of the URL: the part of it that may appear in messages.
  ///
  /// Refuses what libcurl would cut off (at a zero byte), repair, or take for a user name.
  func host(allowsPlainHTTP: Bool) throws(CurlError) -> String {
    guard url.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else {
      throw CurlError(
        CURLE_URL_MALFORMAT, .provenUnsent,
        "The URL holds a character that is not visible ASCII; percent-encode it.")
    }
    let schemes = allowsPlainHTTP ? ["https://", "http://"] : ["https://"]
    guard let scheme = schemes.first(where: url.hasPrefix) else {
      throw CurlError(
        CURLE_UNSUPPORTED_PROTOCOL, .provenUnsent,
        "The URL does not start with \(schemes.joined(separator: " or ")).")
    }
    let host = url.dropFirst(scheme.count).prefix { !"/?#\\".contains($0) }
    guard !host.isEmpty, !host.contains("@") else {
      throw CurlError(
        CURLE_URL_MALFORMAT, .provenUnsent, "The URL has no host, or a user name before it.")
    }
    return String(host)
  }

  /// The lines that differ from libcurl's own.
  func headerLines() throws(CurlError) -> [String] {
    var lines = [
      // Without it libcurl waits up to one second for a "100 Continue" before larger bodies.
      "Expect:",
      // Empty, it keeps libcurl from calling every body a web form.
      contentType.map { "Content-Type: " + $0 } ?? "Content-Type:",
    ]
    // "Name:" would remove the header; "Name;" sends an empty one.
    lines += headers.map { $0.value.isEmpty ? $0.name + ";" : $0.name + ": " + $0.value }
    guard lines.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }) else {
      throw CurlError(
        CURLE_BAD_FUNCTION_ARGUMENT, .provenUnsent, "A header holds a control character.")
    }
    return lines
  }
}
