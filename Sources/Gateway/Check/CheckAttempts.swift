import Configuration
import MariaDB
import Payments
import WeChatPay

extension Check {
  /// Whether buyers can still pay orders under a merchant number or appid that a merchant no longer
  /// has in the settings: their notifications would be refused as those of a foreign merchant.
  ///
  /// - Returns: a warning for each pair; nothing when there is none.
  static func checkAttempts(
    _ connection: inout Connection, _ settings: Settings
  ) throws -> [Finding] {
    let rows = try connection.query(
      """
      SELECT merchant, appid, mch_id, COUNT(*) AS number FROM (
        SELECT p.merchant, EXTRACTVALUE(p.parameters, '/xml/appid') AS appid,
          EXTRACTVALUE(p.parameters, '/xml/mch_id') AS mch_id
        FROM duty d JOIN payment p ON p.merchant = d.merchant AND p.out_trade_no = d.subject
        WHERE d.kind = 'payment' AND d.done_at IS NULL AND p.state IN ('created', 'unpaid')
          AND p.parameters <> ''
        LIMIT 10000
      ) AS open GROUP BY merchant, appid, mch_id
      """)
    return try rows.compactMap { row in
      let (appID, merchantID) = (try row.text("appid"), try row.text("mch_id"))
      let isKnown = settings.merchants.contains {
        $0.appID.text == appID && $0.merchantID.text == merchantID
      }
      guard !isKnown, !appID.isEmpty, !merchantID.isEmpty else { return nil }
      let merchant = try row.text("merchant")
      return .warn(
        "merchants.\(merchant)",
        "\(try row.integer("number")) payment attempts are under way under mch_id \(merchantID) and"
          + " appid \(appID), which no merchant here has any more",
        "keep the old number under the name \(merchant), and give the new one another name, until"
          + " they have ended")
    }
  }
}
