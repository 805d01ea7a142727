import Server

extension String {
  /// The query of `jscode2session` without the value of `secret`.
  var withoutSecrets: String {
    split(separator: "&", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("secret=") ? "secret=***" : String($0) }
      .joined(separator: "&")
  }

  /// An answer of `jscode2session` without the value of `session_key`.
  var withoutSessionKey: String {
    let name = "\"session_key\":\""
    let parts = split(separator: name, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return self }
    return parts[0] + name + "***" + parts[1].drop { $0 != "\"" }
  }
}

extension Response {
  var text: String { String(decoding: body, as: UTF8.self) }
}
