/// What WeChat reads as the answer to a notification. Content type `text/xml`, HTTP status 200.
package enum NotifyReply {
  /// WeChat stops repeating the notification: only for what is committed.
  package static let success = reply("SUCCESS", "OK")

  /// WeChat repeats the notification later.
  ///
  /// - Parameter reason: for the people who read WeChat's logs; cut after 128 bytes.
  package static func fail(_ reason: String) -> [UInt8] {
    var text = reason
    while text.utf8.count > 128 { text.unicodeScalars.removeLast() }
    return reply("FAIL", text)
  }

  private static func reply(_ code: String, _ message: String) -> [UInt8] {
    FlatXML.write(["return_code": code, "return_msg": message])
  }
}
