import MariaDB
import Payments
import TestSupport
import Testing

@testable import Configuration

/// How the shop is to be told, and what must not stand there.
@Suite struct ShopSettingsTests {
  private static let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  private let fixture: SettingsFixture

  init() throws {
    fixture = try SettingsFixture()
    try fixture.write(Self.key, to: "webhook.key")
  }

  private func text(_ lines: String, before: String = "") -> String {
    let indented = lines.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
    return [before, SettingsFixture.merchant, indented].filter { !$0.isEmpty }
      .joined(separator: "\n")
  }

  private func shop(_ lines: String, before: String = "") throws -> ShopSettings {
    try #require(try fixture.read(text(lines, before: before)).shops[MerchantName("main")!])
  }

  @Test func `without a word about it the shop is told nothing`() throws {
    let shop = try shop("")
    #expect(shop.webhook == nil)
    #expect(shop.relay.paymentURL == nil)
    #expect(shop.statements.isEmpty)
  }

  @Test func `a webhook is told every event, or those that are named`() throws {
    let lines = "webhook: { url: 'https://shop.example/events?a=1', key_file: webhook.key"
    #expect(try shop(lines + " }").webhook?.events == Set(ShopEvent.allCases))
    #expect(try shop(lines + ", events: [paid] }").webhook?.events == [.paid])
  }

  @Test func `statements stand below their event, one or several`() throws {
    let shop = try shop(
      """
      shop_tables:
        paid: UPDATE orders SET paid = 1 WHERE sn = :order_no AND paid = 0
        closed:
          - UPDATE orders SET closed = 1 WHERE sn = :order_no AND paid = 0
          - INSERT IGNORE INTO released (sn) VALUES (:order_no)
      """, before: "shop_database: { name: shop, user: weixinpay_shop }")
    #expect(shop.statements[.paid]?.count == 1)
    #expect(shop.statements[.closed]?.map(\.parameters) == [[.orderNo], [.orderNo]])
  }

  @Test func `the shop's tables are where the gateway's are, unless said otherwise`() throws {
    let tables = "shop_tables: { paid: UPDATE a SET b = 1 WHERE c = :order_no }"
    let own = try fixture.read(
      text(
        tables,
        before: "database: { socket: /tmp/db.sock }\nshop_database: { name: shop, user: writer }"))
    #expect(own.shopDatabase?.socket == "/tmp/db.sock")
    #expect(own.shopDatabase?.user == "writer")
    #expect(own.shopDatabase?.database == "shop")
    let other = try fixture.read(
      text(tables, before: "shop_database: { host: db, ca_file: ca.pem, name: shop, user: writer }")
    )
    #expect(other.shopDatabase?.host == "db")
    #expect(other.shopDatabase?.socket == nil)
  }

  @Test(arguments: [
    ("webhook: { url: 'https://shop.example/e' }", "webhook.key_file", "as url is given"),
    ("webhook: { key_file: webhook.key }", "webhook.url", "as key_file is given"),
    (
      "webhook: { url: 'http://shop.example/e', key_file: webhook.key }", "webhook.url", "use https"
    ),
    (
      "webhook: { url: 'https://127.0.0.1/e', key_file: webhook.key }", "webhook.url",
      "private_hosts"
    ),
    ("webhook: { url: 'https://[::1]/e', key_file: webhook.key }", "webhook.url", "private_hosts"),
    (
      "webhook: { url: 'https://10.1.2.3/e', key_file: webhook.key }", "webhook.url",
      "private_hosts"
    ),
    (
      "webhook: { url: 'https://localhost/e', key_file: webhook.key }", "webhook.url",
      "private_hosts"
    ),
    ("webhook: { url: 'ftp://shop.example/e', key_file: webhook.key }", "webhook.url", "https"),
    (
      "webhook: { url: 'https://u:p@shop.example/', key_file: webhook.key }", "webhook.url", "https"
    ),
    ("webhook: { url: 'https://shop.example/e', key_file: api.key }", "webhook.key_file", "whsec_"),
    ("webhook: { events: [refunded] }", "webhook.events", "paid_other_amount or closed"),
    ("webhook: { uri: x }", "webhook.uri", "did you mean url?"),
    ("relay: { payment_url: 'http://shop.example/notify.php' }", "relay.payment_url", "use https"),
    (
      "relay: { payment_url: 'https://shop.example/wxpay/receive-notify' }", "relay.payment_url",
      "the gateway's"
    ),
    ("private_hosts: [db.internal]", "private_hosts", "hosts of webhook and relay"),
    ("private_ca_file: ca.pem", "private_ca_file", "without private_hosts"),
    ("shop_tables: { payed: UPDATE }", "shop_tables.payed", "did you mean paid?"),
    ("shop_tables: { paid: UPDATE orders SET paid = 1 }", "shop_tables.paid", "a WHERE"),
    (
      "shop_tables: { paid: UPDATE a SET b = 1 WHERE c = :orderno }", "shop_tables.paid",
      "did you mean :order_no?"
    ),
  ])
  func `a fault is told with its key and a remedy`(
    lines: String, key: String, says: String
  ) throws {
    let faults = fixture.faults(
      text(lines, before: "shop_database: { name: shop, user: weixinpay_shop }"))
    #expect(faults.map(\.key) == ["merchants.main.\(key)"])
    #expect(faults.first?.message.contains(says) == true, "\(faults)")
  }

  @Test func `a host of our own network is reached when it is named twice`() throws {
    let shop = try shop(
      """
      private_hosts: [127.0.0.1, Shop.Internal]
      relay: { payment_url: 'http://127.0.0.1/notify.php', refund_url: 'https://shop.internal/r' }
      """)
    #expect(shop.privateHosts == ["127.0.0.1", "shop.internal"])
  }

  @Test func `shop_tables need a database and an account`() {
    let faults = fixture.faults(
      text("shop_tables: { paid: UPDATE a SET b = 1 WHERE c = :order_no }"))
    #expect(Set(faults.map(\.key)) == ["shop_database.name", "shop_database.user"])
  }

  @Test func `no message shows the webhook's key`() throws {
    let settings = try fixture.read(
      text("webhook: { url: 'https://shop.example/e', key_file: webhook.key }"))
    var dumped = ""
    dump(settings, to: &dumped)
    #expect(!dumped.contains("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
  }
}
