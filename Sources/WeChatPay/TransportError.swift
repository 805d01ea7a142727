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
    switch error.outcome {
    case .provenUnsent: self.init(wasSent: false, isElsewhereHelpful: true, message: error.message)
    case .unknown: self.init(wasSent: true, message: error.message)
    }
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
      // nginx's words for a missing and for a wrong client certificate.
      let isCertificateFault = status == 400 && body.contains(Array("SSL certificate".utf8))
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
