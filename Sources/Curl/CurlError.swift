import CCurl

/// A request that got no answer. (An answer with any HTTP status, also 500, is an `HTTPResponse`.)
public struct CurlError: Error, Sendable, CustomStringConvertible {
  /// What is known about the request. The only thing a caller may decide by.
  public enum Outcome: Sendable {
    /// No byte of the request left this machine: the server cannot have acted on it.
    case provenUnsent
    /// The server may have acted on it, wholly or not at all. Ask again later.
    case unknown
  }

  public let outcome: Outcome
  /// libcurl's `CURLcode`, for logs.
  public let code: Int32
  /// One line: the host, libcurl's name for the failure, what happened. It holds no path, query,
  /// header or body, as these carry secrets (WeChat's `jscode2session` takes the app secret in
  /// its query).
  public let message: String

  public var description: String { message }

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
  /// request again on a new one; a refused *second* connection then hides that the first one
  /// carried the whole request. `requestBytes` counts over both.
  ///
  /// - Parameters:
  ///   - requestBytes: bytes of the request that were handed to TLS (`CURLINFO_REQUEST_SIZE`).
  ///   - isEncrypted: whether a TLS handshake was completed for this request, or a connection was
  ///     reused (`CURLINFO_APPCONNECT_TIME_T`).
  init(_ code: CURLcode, requestBytes: Int, isEncrypted: Bool) {
    guard requestBytes == 0 else {
      self = .unknown
      return
    }
    self =
      switch code {
      case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT,
        CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT,
        CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION,
        // Our own certificate, key or list of authorities cannot be used.
        CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
        .provenUnsent
      case CURLE_OPERATION_TIMEDOUT where !isEncrypted: .provenUnsent
      default: .unknown
      }
  }
}
