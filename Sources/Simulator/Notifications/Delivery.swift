import Curl
import Linux

/// What a merchant's server said to a notification.
struct Delivery: Sendable {
  /// The HTTP status; 0 when there was no answer.
  let status: Int
  /// The answer's body, or why there was none.
  let reply: String
  let milliseconds: Int64
  /// Why it does not count, and what helps; nil when it was acknowledged.
  let trouble: String?

  var isAcknowledged: Bool { trouble == nil }

  /// What a fault keeps from being sent, or its answer from being heard.
  static let dropped = Delivery(
    status: 0, reply: "dropped by a fault", milliseconds: 0, trouble: "dropped by a fault")

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
    let answer: (status: Int, body: [UInt8], trouble: String?)
    do throws(CurlError) {
      var session = try Session(SessionOptions(caFile: caFile, freshConnection: true))
      let response = try session.send(request, connectTimeout: patience, timeout: patience)
      let isTaken = isAcknowledgement(status: response.status, body: response.body)
      answer = (
        response.status, response.body,
        isTaken ? nil : DeliveryTrouble.text(status: response.status, body: response.body)
      )
    } catch {
      answer = (0, Array(error.message.utf8), DeliveryTrouble.text(error))
    }
    return Delivery(
      status: answer.status, reply: String(decoding: answer.body, as: UTF8.self),
      milliseconds: Int64((ContinuousClock.now - start) / .milliseconds(1)),
      trouble: answer.trouble)
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
