import Server
import TestSupport
import Testing

/// Who pays less than the order costs gets nothing delivered.
@Suite struct OtherAmountTests {
  private static let success =
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"

  @Test(arguments: [true, false])
  func `an order that grew while the cashier was open is told apart, and not as paid`(
    isDeclared: Bool
  ) throws {
    let webhook = try Receiver { _, _ in .reply(204) }
    let script = try Receiver { _, _ in .reply(200, Self.success) }
    let shop = try LegacyShop()
    let statement =
      "  paid_other_amount: UPDATE ecs_order_info SET pay_status = 7, money_paid = :total_yuan"
      + " WHERE order_sn = :order_no"
    let site = try shop.site(
      also: (isDeclared ? [statement] : []) + [
        "private_hosts: [127.0.0.1]",
        "webhook: { url: '\(webhook.url)events', key_file: webhook.key }",
        "relay: { payment_url: '\(script.url)notify.php' }",
      ])
    let (number, _, payment) = try site.unpaidOrder()
    try shop.run("INSERT INTO ecs_order_info (order_sn) VALUES ('\(number)')")
    try site.execute("UPDATE shop_order SET total_fee = 199000 WHERE order_no = '\(number)'")
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    try eventually("it is told") { try site.isTold() }
    #expect(try webhook.told()[number]?.map(\.type) == ["paid_other_amount"])
    let message = try #require(webhook.received.first)
    let data = try #require(try JSON(parsing: message.body)["data"])
    #expect(data["order_fee"]?.integer == 199_000, "\(message.text)")
    #expect(data["total_fee"]?.integer == 1990)
    #expect(data["alarms"] == ["amount_changed"])
    #expect(data["transaction_id"]?.string?.isEmpty == false)
    // Nothing granted, nothing logged as paid.
    #expect(
      try shop.order(number)
        == (isDeclared ? "7 19.90 0.00 0 untimed" : "0 0.00 0.00 0 untimed"))
    #expect(script.received.isEmpty)
    #expect(try site.alarms(number) == ["amount_changed"])
  }
}
