import Curl

/// What kept a notification from counting as delivered, in words for who runs the site.
enum DeliveryTrouble {
  /// There was no answer.
  static func text(_ error: CurlError) -> String {
    guard let remedy = remedies[error.code] else { return error.message }
    return "\(error.message); \(remedy)"
  }

  /// There was an answer that is no acknowledgement.
  static func text(status: Int, body: [UInt8]) -> String {
    switch status {
    case 200: answered(body)
    case 300..<400:
      "redirected, which WeChat does not follow: let notify_url be the address that answers"
    case 401, 403: "refused by the site or a firewall in front of it"
    case 404: "the site has nothing at this address: compare notify_url with nginx's locations"
    case 500..<600: "the site is in trouble: does the gateway run, may nginx reach it?"
    default: "not the status 200"
    }
  }

  private static func answered(_ body: [UInt8]) -> String {
    do throws(XMLRefusal) {
      let message = try XMLReader.read(body)
      if message["return_code"] == "FAIL" {
        return "FAIL: \(message["return_msg"] ?? "the site gives no reason")"
      }
    } catch {
      // Not XML: its beginning shows whose page it is.
    }
    let beginning = String(decoding: body.prefix(60), as: UTF8.self)
    return "not WeChat's XML with return_code SUCCESS from the first byte on, but: \(beginning)"
  }

  /// By libcurl's `CURLcode`.
  private static let remedies: [Int32: String] = [
    // CURLE_COULDNT_RESOLVE_HOST
    6: "this machine has to know the name: enter it into /etc/hosts",
    // CURLE_COULDNT_CONNECT
    7: "nothing listens there: does nginx, at this port?",
    // CURLE_OPERATION_TIMEDOUT
    28: "WeChat waits five seconds",
    // CURLE_SSL_CONNECT_ERROR
    35: "does nginx speak TLS there?",
    // CURLE_PEER_FAILED_VERIFICATION
    60: "name the authority of the site's certificate with --ca-file",
  ]
}
