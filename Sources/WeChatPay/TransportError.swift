import Curl

/// Why a request brought no answer of WeChat's API.
struct TransportError: Error {
  /// False only when it is proven that no host has got the request.
  var wasSent: Bool
  /// Whether another host may do better, and may be asked.
  var isElsewhereHelpful = false
  /// WeChat's web server wants a client certificate that it did not get, or another one.
  var isCertificateFault = false
  var message: String
}

extension TransportError {
  init(_ error: CurlError) {
    let isCertificateFault = error.isCertificateFault
    let message =
      isCertificateFault
      ? "the merchant's certificate (商户API证书) was refused or cannot be used:"
        + " \(error.message.reasonFirst)"
      : error.message.withoutDuration
    switch error.outcome {
    case .provenUnsent:
      // Every host of WeChat wants the same certificate.
      self.init(
        wasSent: false, isElsewhereHelpful: !isCertificateFault,
        isCertificateFault: isCertificateFault, message: message)
    case .unknown:
      self.init(wasSent: true, isCertificateFault: isCertificateFault, message: message)
    }
  }
}

extension String {
  /// libcurl's text about a certificate with OpenSSL's reason at its beginning: whatever is cut, it is
  /// not that. libcurl begins with a path, and its own text ends after 255 bytes.
  ///
  /// `could not load PEM client certificate from /…, OpenSSL error error:0A00018E:SSL routines::ca md
  /// too weak, (no key found, …)` becomes `ca md too weak; could not load …`.
  var reasonFirst: String {
    guard let reason = firstMatch(of: /error:[0-9A-F]+:[^:]*:[^:]*:([^,]+)/)?.output.1 else {
      return self
    }
    return "\(reason); \(self)"
  }

  /// libcurl's text without ` after 10001 milliseconds`.
  ///
  /// Such a time differs at each try, and the same trouble is told once in an order's history only
  /// when it is told in the same words.
  var withoutDuration: String { replacing(/\ after [0-9]+ (milliseconds|ms)/, with: "") }
}

extension CurlError {
  /// Whether the client certificate is at fault: libcurl cannot use it, or the server ended TLS
  /// because of it.
  ///
  /// In TLS 1.3 the server's alert comes after the client has sent its request, so that the outcome
  /// alone does not tell. OpenSSL's words for the alert do: `SSL routines::sslv3 alert certificate
  /// expired`, `…alert bad certificate`, `…alert unknown ca`.
  fileprivate var isCertificateFault: Bool {
    // CURLE_SSL_CERTPROBLEM, CURLE_SSL_CLIENTCERT.
    if code == 58 || code == 98 { return true }
    // libcurl's words for the alert `certificate expired` in TLS 1.2. When it does not trust the
    // server's certificate, it says what the problem is.
    if message.hasSuffix("SSL certificate verification failed") { return true }
    return message.contains("SSL routines:") && message.contains(" alert ")
      && ["certificate", "unknown ca"].contains { message.contains($0) }
  }
}

extension HTTPResponse {
  /// The answer as a message of APIv2.
  ///
  /// - Throws: `TransportError` when it is something else, usually a page made by a web server
  ///   in front of the API. Such a page proves nothing about what happened behind it.
  func message() throws(TransportError) -> Fields {
    do {
      return try FlatXML.read(body)
    } catch {
      // nginx's words for a missing and for a wrong client certificate. It shows its 495 and 496
      // as 400.
      let isCertificateFault =
        [400, 495, 496].contains(status) && body.contains(Array("SSL certificate".utf8))
      throw TransportError(
        wasSent: true, isElsewhereHelpful: (500...599).contains(status),
        isCertificateFault: isCertificateFault,
        message: isCertificateFault
          ? "WeChat wants the merchant's certificate (商户API证书) and got none or another one"
          : "expected XML, got HTTP \(status) with \(body.count) bytes of something else (\(error))"
      )
    }
  }
}

extension TransportError: CustomStringConvertible {
  var description: String {
    message
  }
}
