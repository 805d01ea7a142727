import Curl
import MariaDB
import Payments
import Store
import TestSupport
import WeChatPay

/// Notifications of payments that are really due: signed, each about an order of its own.
struct NotificationRounds {
  let stage: Stage
  let openID: OpenID
  let count: Int
  private static let connections = 32

  /// One round of everyone, one after the other: `gateway`, `echo`, `database`, and `php`.
  func run(_ round: Int, withPHP: Bool) throws -> [String: Load] {
    var loads: [String: Load] = [:]
    let shop = stage.shop.shopURL
    let prefix = "N\(round)"
    try addUnpaid(prefix + "G")
    loads["gateway"] = try send(prefix + "G", to: shop + "/wxpay/receive-notify")
    try expectAllPaid(prefix + "G")
    loads["echo"] = try send(prefix + "E", to: shop + "/peer/echo")
    try addUnpaid(prefix + "D")
    loads["database"] = try record(prefix + "D")
    try expectAllPaid(prefix + "D")
    if withPHP {
      try addLegacy(prefix + "P")
      loads["php"] = try send(prefix + "P", to: shop + "/peer/notify.php")
      try expect(
        "SELECT COUNT(*) AS n FROM legacy_order WHERE state = 1 AND order_no LIKE '\(prefix)P%'")
    }
    return loads
  }

  /// A few at a time, as WeChat sends them: nothing waits but for the gateway itself.
  func latency(_ prefix: String) throws -> Load {
    try addUnpaid(prefix)
    let load = try send(prefix, to: stage.shop.shopURL + "/wxpay/receive-notify", connections: 4)
    try expectAllPaid(prefix)
    return load
  }

  private func send(
    _ prefix: String, to url: String, connections: Int = Self.connections
  ) throws -> Load {
    let requests = (0..<count).map { HTTPRequest.xml(url, notification(prefix, $0)) }
    return try Load.send(
      requests, connections: connections, authority: stage.authority,
      warmUp: stage.shop.shopURL + "/peer/nothing"
    ) { String(decoding: $0.body, as: UTF8.self).contains("<![CDATA[SUCCESS]]>") }
  }

  /// The same statements without nginx, XML and signatures, on as many threads as there are workers.
  private func record(_ prefix: String) throws -> Load {
    let messages = try (0..<count).map { number in
      let body = FlatXML.write(notification(prefix, number))
      let proof = try ReceivedNotification(body).verified(with: stage.merchant).proof
      return Store.Notifications.Message(
        proof: proof.map {
          VerifiedProof(
            $0, merchant: stage.merchant.name, appID: stage.merchant.appID,
            merchantID: stage.merchant.merchantID)
        }, merchant: stage.merchant.name, body: body)
    }
    let notifications = Store.Notifications(stage.connections())
    return try Load.run(count, workers: 16) { number in
      _ = try notifications.record([messages[number]], by: .now("wechat-notify"))
    }
  }

  private func notification(_ prefix: String, _ number: Int) -> Fields {
    // The digits of the transaction tell the prefix, too: no two are alike.
    let series = prefix.utf8.reduce(0) { ($0 * 31 + Int($1)) % 10_000 }
    var fields: Fields = [
      "appid": stage.merchant.appID.text, "bank_type": "OTHERS", "cash_fee": "1990",
      "fee_type": "CNY", "is_subscribe": "N", "mch_id": stage.merchant.merchantID.text,
      "nonce_str": "CrB7044SHiP3DXgV", "openid": openID.text,
      "out_trade_no": "\(prefix)\(1_000_000 + number)", "result_code": "SUCCESS",
      "return_code": "SUCCESS", "time_end": "20261121090311", "total_fee": "1990",
      "trade_type": "JSAPI",
      "transaction_id": "4200001952202611\(10_000 + series)\(1_000_000 + number)",
    ]
    fields["sign"] = Signature.make(
      fields, key: stage.merchant.apiKey, type: stage.merchant.signType)
    return fields
  }

  // MARK: the tables

  private func addUnpaid(_ prefix: String) throws {
    var connection = try stage.connection()
    try connection.addOrders(prefix, count, of: openID)
    try connection.execute(
      """
      INSERT INTO payment (merchant, out_trade_no, order_no, attempt, state, openid, total_fee,
        parameters, prepay_id, created_at)
      SELECT 'main', CONCAT('\(prefix)', 1000000 + seq), CONCAT('\(prefix)', 1000000 + seq), 1,
        'unpaid', ?, 1990, REPEAT('x', 700), CONCAT('wx', seq), 0
      FROM seq_0_to_\(count - 1)
      """, [.text(openID.text)])
  }

  private func addLegacy(_ prefix: String) throws {
    var connection = try stage.connection()
    try connection.run(
      """
      CREATE TABLE IF NOT EXISTS legacy_order (order_no VARCHAR(32) PRIMARY KEY, total_fee INT,
        state INT, transaction_id VARCHAR(32)) ENGINE = InnoDB
      """)
    try connection.run(
      """
      INSERT INTO legacy_order SELECT CONCAT('\(prefix)', 1000000 + seq), 1990, 0, NULL
      FROM seq_0_to_\(count - 1)
      """)
  }

  private func expectAllPaid(_ prefix: String) throws {
    try expect(
      """
      SELECT COUNT(*) AS n FROM payment p
      JOIN notification USING (merchant, out_trade_no)
      JOIN journal j ON j.notification_id = notification.id AND j.event = 'paid'
      WHERE p.state = 'paid' AND p.out_trade_no LIKE '\(prefix)%'
      """)
  }

  private func expect(_ sql: String) throws {
    var connection = try stage.connection()
    let found = try connection.query(sql)[0].integer("n")
    guard found == count else { throw TestSupportError("\(found) of \(count): \(sql)") }
  }
}
