import FastCGI
import Linux

/// A parameter that every request must have did not come: nginx is not set up as it should be.
struct MissingParameter: Error, Equatable {
  let name: String
}

extension Request {
  /// - Throws: `MissingParameter`; nothing is ever assumed in place of a parameter.
  init(_ received: ReceivedRequest, deadline: Duration) throws(MissingParameter) {
    let parameters = received.parameters
    func required(_ name: String) throws(MissingParameter) -> String {
      guard let value = parameters[name] else { throw MissingParameter(name: name) }
      return value
    }
    let waited = Self.waited(parameters["WEIXINPAY_SENT"], now: microsecondsSince1970())
    self.init(
      route: try required("WEIXINPAY_ROUTE"),
      method: try required("REQUEST_METHOD"),
      path: try required("DOCUMENT_URI"),
      query: try required("QUERY_STRING"),
      contentType: parameters["CONTENT_TYPE"] ?? "",
      body: received.body,
      requestID: parameters["REQUEST_ID"] ?? "",
      remoteAddress: try required("REMOTE_ADDR"),
      deadline: received.arrival + (deadline - waited),
      hasWaitedTooLong: waited >= deadline / 2,
      parameters: parameters)
  }

  /// How long ago nginx turned to us, by the clock of this machine, which is also nginx's: while all
  /// workers are busy a connection waits in the socket, and nothing tells us for how long.
  ///
  /// Zero when nginx does not say it, as one that is set up for an earlier release; and when the
  /// clock was set meanwhile, which looks like the future or a long past.
  ///
  /// - Parameter sent: seconds and milliseconds, as nginx's `$msec`: `1795248296.076`.
  static func waited(_ sent: String?, now: Int64) -> Duration {
    guard let parts = sent?.split(separator: ".", omittingEmptySubsequences: false),
      parts.count == 2, parts[1].utf8.count == 3,
      let seconds = Int64(parts[0]), (0..<100_000_000_000).contains(seconds),
      let milliseconds = Int64(parts[1]), milliseconds >= 0
    else { return .zero }
    let waited = Duration.microseconds(now - (seconds * 1000 + milliseconds) * 1000)
    return (.zero...(.seconds(60))).contains(waited) ? waited : .zero
  }
}

extension MissingParameter: CustomStringConvertible {
  var description: String {
    "nginx did not send the parameter \(name): \(remedy)"
  }

  /// By the time that this is found, the last line of weixinpay_params has come.
  private var remedy: String {
    name == "WEIXINPAY_ROUTE"
      ? "in the location, set it (fastcgi_param WEIXINPAY_ROUTE …) before weixinpay_params"
      : "put the release's own weixinpay_params in place of the changed one"
  }
}
