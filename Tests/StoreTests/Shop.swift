import MariaDB
import Payments
import Store
import TestSupport

/// A migrated database of its own, with everything a test needs to sell something.
struct Shop {
  let database: Database
  let name: String
  let merchant = MerchantName("main")!
  let appID = AppID("wxd678efh567hg6787")!
  let merchantID = MerchantID("1230000109")!
  let buyer = OpenID("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")!

  /// - Parameter socket: where the server is reached, if not at its own socket.
  init(connections: Int = 16, socket: String? = nil) throws {
    let server = try PrivateMariaDB.shared
    name = try server.createDatabase()
    _ = try Migrator(
      administrator: server.settings(database: nil), database: name,
      service: .init(user: server.user, password: nil)
    ).apply()
    let settings = ConnectionSettings(
      socket: socket ?? server.socket, host: nil, port: 0, caFile: nil, user: server.user,
      password: nil, database: name)
    database = Database(settings, connections: connections)
  }

  var orders: Orders { Orders(database) }
  var attempts: PaymentAttempts { PaymentAttempts(database) }
  var notifications: Notifications { Notifications(database) }
  var journal: Journal { Journal(database) }

  func act(_ actor: String = "buyer", at microseconds: Int64 = 1_795_222_991_000_000) -> Act {
    Act(
      actor: actor, requestID: "request-1", now: BeijingTime(microseconds: microseconds),
      deadline: .now + .seconds(20))
  }

  func order(_ number: String = "20261121-7", total: Int64 = 1990) -> Order {
    Order(
      merchant: merchant, number: OutTradeNo(number)!, openID: buyer, total: Fen(total)!,
      body: "腾讯-游戏", attach: nil, detail: nil, expiresAt: nil)
  }

  func attempt(_ order: Order, number: Int = 1, payer: OpenID? = nil) -> PaymentAttempt {
    PaymentAttempt(
      merchant: merchant, order: order.number,
      outTradeNo: OutTradeNo(order: order.number, attempt: number)!, number: number,
      state: .created, openID: payer ?? buyer, total: order.total, parameters: "total_fee=1990",
      prepayID: nil, prepayExpiresAt: nil, transactionID: nil, paidAt: nil, closing: nil)
  }

  func proof(
    _ attempt: PaymentAttempt, transaction: String = "4200001952202611210000000001",
    total: Int64? = nil, openID: OpenID? = nil, currency: String = "CNY", appID: AppID? = nil,
    outTradeNo: String? = nil
  ) -> VerifiedProof {
    VerifiedProof(
      PaymentProof(
        appID: appID ?? self.appID, merchantID: merchantID,
        outTradeNo: outTradeNo.map { OutTradeNo($0)! } ?? attempt.outTradeNo,
        transactionID: TransactionID(transaction)!, openID: openID ?? buyer,
        total: total.map { Fen($0)! } ?? attempt.total, currency: currency,
        paidAt: BeijingTime(compact: "20261121090311")!),
      merchant: merchant, appID: self.appID, merchantID: merchantID)
  }

  func message(_ proof: VerifiedProof, _ body: String = "<xml/>") -> Notifications.Message {
    Notifications.Message(proof: proof, merchant: merchant, body: Array(body.utf8))
  }

  /// An order whose buyer can pay.
  func unpaid(_ number: String = "20261121-7", total: Int64 = 1990) throws -> PaymentAttempt {
    let order = order(number, total: total)
    _ = try orders.create(order, by: act())
    let attempt = attempt(order)
    _ = try attempts.open(attempt, by: act())
    try attempts.recordAccepted(
      attempt, prepayID: PrepayID("wx20161121")!, expiresAt: BeijingTime(microseconds: 1),
      by: act())
    return attempt
  }

  func record(_ number: String = "20261121-7") throws -> OrderRecord? {
    try orders.find(
      merchant: merchant, number: OutTradeNo(number)!, until: .now + .seconds(20))
  }

  /// The events of an order's history, as `event:from>to`.
  func history(_ number: String = "20261121-7") throws -> [String] {
    try journal.timeline(
      merchant: merchant, order: OutTradeNo(number)!, until: .now + .seconds(20)
    ).map { "\($0.event):\($0.from ?? "")>\($0.to ?? "")" }
  }

  func count(_ table: String) throws -> Int64 {
    try database.withConnection(until: .now + .seconds(20)) { connection in
      try connection.query("SELECT COUNT(*) AS n FROM \(table)")[0].integer("n")
    }
  }
}
