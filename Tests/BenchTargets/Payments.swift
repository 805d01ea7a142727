import Curl
import Linux
import MariaDB
import Payments
import Server
import Store
import TestSupport
import WeChatPay

/// Buyers who ask to pay: session, order, attempt, WeChat, prepay_id.
struct PaymentRounds {
  let stage: Stage
  let buyer: (token: String, openID: OpenID)
  let count: Int
  private let connections = 64

  /// One round of everyone, one after the other: `gateway`, `wechat`, `database`.
  func run(_ round: Int) throws -> [String: Load] {
    var loads: [String: Load] = [:]
    try addOrders("P\(round)G")
    loads["gateway"] = try pay("P\(round)G", connections: connections)
    loads["wechat"] = try askWeChat("P\(round)W")
    try addOrders("P\(round)D")
    loads["database"] = try record("P\(round)D")
    return loads
  }

  func addOrders(_ prefix: String) throws {
    var connection = try stage.connection()
    try connection.addOrders(prefix, count, of: buyer.openID)
  }

  /// Pays through nginx; whatever is not answered 200 with values to sign ends the run.
  func pay(_ prefix: String, connections: Int) throws -> Load {
    let requests = (0..<count).map { number in
      HTTPRequest.json(
        stage.shop.shopURL + "/wxpay/pay", token: buyer.token,
        ["out_trade_no": .string("\(prefix)\(1_000_000 + number)")])
    }
    return try Load.send(
      requests, connections: connections, authority: stage.authority,
      warmUp: stage.shop.shopURL + "/peer/nothing"
    ) { response in
      response.status == 200 && (try? JSON(parsing: response.body))?["paySign"]?.string != nil
    }
  }

  /// The simulator alone, by the calls that the gateway would make.
  private func askWeChat(_ prefix: String) throws -> Load {
    let requests = try (0..<count).map { number in
      var fields = try FlatXML.read(Array(attempt(prefix, number).parameters.utf8))
      fields["nonce_str"] = "CrB7044SHiP3DXgV"
      fields["sign"] = Signature.make(
        fields, key: stage.merchant.apiKey, type: stage.merchant.signType)
      return HTTPRequest.xml(stage.weChat.simulatorURL + "/pay/unifiedorder", fields)
    }
    return try Load.send(
      requests, connections: connections, authority: stage.authority,
      warmUp: stage.weChat.simulatorURL
    ) { String(decoding: $0.body, as: UTF8.self).contains("<prepay_id>") }
  }

  /// The same statements alone, without nginx and WeChat.
  private func record(_ prefix: String) throws -> Load {
    let database = stage.connections()
    let token = buyer.token
    let attempts = try (0..<count).map { try attempt(prefix, $0) }
    return try Load.run(count, workers: connections) { number in
      let attempt = attempts[number]
      let act = Act.now("buyer")
      _ = try LoginSessions(database).find(token: token, by: act)
      _ = try Orders(database).find(
        merchant: attempt.merchant, number: attempt.order, until: act.deadline)
      _ = try PaymentAttempts(database).open(attempt, by: act)
      guard let prepayID = PrepayID("wx\(number)") else { return }
      try PaymentAttempts(database).recordAccepted(
        attempt, prepayID: prepayID, expiresAt: act.now.adding(seconds: 7200), by: act)
    }
  }

  private func attempt(_ prefix: String, _ number: Int) throws -> PaymentAttempt {
    guard let orderNumber = OutTradeNo("\(prefix)\(1_000_000 + number)"), let total = Fen(1990)
    else { throw TestSupportError("the order has lost its shape") }
    let order = Order(
      merchant: stage.merchant.name, number: orderNumber, openID: nil, total: total, body: "演示茶叶",
      attach: nil, detail: nil, expiresAt: nil)
    let parameters = try UnifiedOrder(
      order: order, outTradeNo: orderNumber, openID: buyer.openID, merchant: stage.merchant,
      payerAddress: "127.0.0.1", now: Act.now("buyer").now)
    return PaymentAttempt(
      merchant: order.merchant, order: order.number, outTradeNo: orderNumber, number: 1,
      state: .created, openID: buyer.openID, total: total, parameters: parameters.stored,
      prepayID: nil, prepayExpiresAt: nil, transactionID: nil, paidAt: nil, closing: nil)
  }
}

extension Act {
  static func now(_ actor: String) -> Act {
    Act(
      actor: actor, requestID: "bench", now: BeijingTime(microseconds: microsecondsSince1970()),
      deadline: .now + .seconds(30))
  }
}

extension Connection {
  /// Orders `<prefix>1000000` and following, as a shop would have created them for a buyer.
  mutating func addOrders(_ prefix: String, _ count: Int, of buyer: OpenID) throws {
    try execute(
      """
      INSERT INTO shop_order (merchant, order_no, openid, total_fee, body, created_at)
      SELECT 'main', CONCAT('\(prefix)', 1000000 + seq), ?, 1990, '演示茶叶', 0
      FROM seq_0_to_\(count - 1)
      """, [.text(buyer.text)])
  }
}
