import Curl
import Linux

/// What a merchant's server said to a notification.
struct Delivery: Sendable {
  /// The HTTP status; 0 when there was no answer.
  let status: Int
  /// The answer's body, or why there was none.
  let reply: String
  let milliseconds: Int64
  let isAcknowledged: Bool

  /// How long the merchant has to answer; at WeChat, too, whatever the speed.
  private static let patience: Duration = .seconds(5)

  /// Posts a notification over a connection of its own, as WeChat's many machines do.
  static func post(
    _ document: [UInt8], to url: String, caFile: String?, requestID: String
  ) -> Delivery {
    let start = ContinuousClock.now
    let request = HTTPRequest(
      method: .post, url: url, contentType: "text/xml",
      headers: [(name: "Request-ID", value: requestID)], body: document)
    let answer: (status: Int, body: [UInt8])
    do throws(CurlError) {
      var session = try Session(SessionOptions(caFile: caFile, freshConnection: true))
      let response = try session.send(request, connectTimeout: patience, timeout: patience)
      answer = (response.status, response.body)
    } catch {
      answer = (0, Array(error.message.utf8))
    }
    return Delivery(
      status: answer.status, reply: String(decoding: answer.body, as: UTF8.self),
      milliseconds: Int64((ContinuousClock.now - start) / .milliseconds(1)),
      isAcknowledged: isAcknowledgement(status: answer.status, body: answer.body))
  }

  /// Whether an answer ends the deliveries: status 200, and from its first byte on the document
  /// with `return_code` SUCCESS.
  static func isAcknowledgement(status: Int, body: [UInt8]) -> Bool {
    guard status == 200, body.starts(with: "<xml>".utf8) else { return false }
    do throws(XMLRefusal) {
      return try XMLReader.read(body)["return_code"] == "SUCCESS"
    } catch {
      return false
    }
  }
}
