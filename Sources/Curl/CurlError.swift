import CCurl

/// A request that got no answer. (An answer with any HTTP status, also 500, is an `HTTPResponse`.)
package struct CurlError: Error, Sendable, CustomStringConvertible {
  /// What is known about the request. The only thing a caller may decide by.
  package enum Outcome: Sendable {
    /// No byte of the request left this machine: the server cannot have acted on it.
    case provenUnsent
    /// The server may have acted on it, wholly or not at all. Ask again later.
    case unknown
  }

  /// What is known about the request; the one thing to decide by.
  package let outcome: Outcome
  /// libcurl's `CURLcode`, for logs.
  package let code: Int32
  /// One line: the host, libcurl's name for the failure, what happened. It holds no path, query,
  /// header or body, as these carry secrets (WeChat's `jscode2session` takes the app secret in
  /// its query).
  package let message: String

  package var description: String { message }

  init(_ code: CURLcode, _ outcome: Outcome, _ message: String) {
    self.outcome = outcome
    self.code = Int32(bitPattern: code.rawValue)
    self.message = message
  }
}

extension CurlError.Outcome {
  /// The one table of libcurl's errors.
  ///
  /// The code alone proves nothing. When a kept connection turns out to be dead, libcurl sends the
  /// request again on a new one: a *second* connection that is refused hides that the first one
  /// carried the whole request. And "unsupported protocol" may be said of the URL or the answer.
  ///
  /// - Parameter hasBegun: whether any connection got as far as to carry the request.
  init(_ code: CURLcode, hasBegun: Bool) {
    guard !hasBegun else {
      self = .unknown
      return
    }
    self =
      switch code {
      case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT,
        CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT,
        CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_OPERATION_TIMEDOUT,
        // Our own certificate, key or list of authorities cannot be used.
        CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
        .provenUnsent
      default: .unknown
      }
  }
}
