import Foundation
import MariaDB
import Payments
import TestSupport
import Testing

@testable import Configuration

/// What is taken for a statement on the shop's tables.
@Suite struct ShopStatementTests {
  @Test func `parameters are bound, wherever they stand and however often`() throws {
    let statement = try ShopStatement(
      """
      UPDATE ecs_order_info SET pay_status = 2, pay_time = :paid_at, money_paid=:total_yuan
      WHERE order_sn = :order_no AND pay_status <> 2 AND :order_no <> ''
      """, for: .paid)
    #expect(
      statement.sql == """
        UPDATE ecs_order_info SET pay_status = 2, pay_time = ?, money_paid=?
        WHERE order_sn = ? AND pay_status <> 2 AND ? <> ''
        """)
    #expect(statement.parameters == [.paidAt, .totalYuan, .orderNo, .orderNo])
  }

  @Test func `what is quoted is left as it stands`() throws {
    let statement = try ShopStatement(
      #"UPDATE `a?:b` SET note = 'it''s \' :paid_at; -- #?', x = "@:y" WHERE id = :order_no;"#,
      for: .paid)
    #expect(
      statement.sql
        == #"UPDATE `a?:b` SET note = 'it''s \' :paid_at; -- #?', x = "@:y" WHERE id = ?"#)
    #expect(statement.parameters == [.orderNo])
  }

  @Test(arguments: [
    "INSERT IGNORE INTO points (order_sn) VALUES (:order_no)",
    "insert into log (sn) select :order_no from dual where not exists (select 1 from log)",
    "INSERT INTO pay (sn, n) VALUES (:order_no, 1) ON DUPLICATE KEY UPDATE n = 1",
    "UPDATE o JOIN p ON p.id = o.id SET o.s = 1 WHERE p.sn = :out_trade_no AND o.s = 0",
    "UPDATE ims_core_paylog SET status = 1 WHERE uniontid = :out_trade_no AND status = 0",
    "UPDATE tp_order o JOIN tp_user u ON u.id = o.user_id SET u.points = u.points + 10"
      + " WHERE o.order_no = :order_no AND o.order_status = 0",
    "UPDATE orders SET status = 'paid' WHERE sn = :order_no AND status IN ('new', 'closed')",
    "UPDATE a JOIN (SELECT id FROM d WHERE x = 1) d SET b = 1 WHERE (a.sn = :order_no)",
    "UPDATE a SET b = 1 WHERE id IN (SELECT order_id FROM d WHERE sn = :order_no) AND b = 0",
  ])
  func `a statement that can be repeated is taken`(text: String) {
    #expect(throws: Never.self) { try ShopStatement(text, for: .paid) }
  }

  @Test func `the sample has a statement of its own for each event, and paid guards the amount`()
    throws
  {
    var updates: [ShopEvent: String] = [:]
    for event in ShopEvent.allCases {
      let line = sampleConfig().split(separator: "\n").first {
        $0.contains("# \(event.rawValue): ")
      }
      let text = try #require(line?.split(separator: ": ", maxSplits: 1).last.map(String.init))
      #expect(throws: Never.self, "\(event)") { try ShopStatement(text, for: event) }
      if text.hasPrefix("UPDATE") { updates[event] = text }
    }
    #expect(updates[.paid]?.contains("= :total_yuan") == true)
    #expect(Set(updates.values).count == updates.count)
  }

  @Test func `what the page shows for a paid order guards the amount`() throws {
    let page = try String(
      contentsOfFile: sourceFile("Sources/Documentation/Outbox.md"), encoding: .utf8)
    let statements = page.matches(of: /UPDATE [a-z_]+[^;`]*?WHERE [^\n]*:[a-z_]+[^\n]*/)
      .map { String($0.output).replacing("\n", with: " ") }
    #expect(statements.count >= 5)
    for text in statements {
      #expect(throws: Never.self, "\(text)") { try ShopStatement(text, for: .refundSucceeded) }
      if !text.contains("refunded") { #expect(text.contains("= :total_yuan"), "\(text)") }
    }
  }

  @Test(arguments: [
    ("DELETE FROM orders WHERE sn = :order_no", "UPDATE or INSERT"),
    ("DROP TABLE orders", "UPDATE or INSERT"), ("", "UPDATE or INSERT"),
    ("SELECT 1", "UPDATE or INSERT"), ("CALL pay(:order_no)", "UPDATE or INSERT"),
    ("UPDATE orders SET paid = 1", "a WHERE"),
    ("UPDATE orders SET paid = 1 WHERE paid = 0", "a WHERE"),
    ("UPDATE orders SET sn = :order_no WHERE paid = :total_fee", "a WHERE"),
    ("UPDATE a SET b = (SELECT c FROM d WHERE sn = :order_no)", "a WHERE"),
    ("UPDATE a JOIN (SELECT id FROM d WHERE sn = :order_no) d SET a.b = 1", "a WHERE"),
    ("INSERT INTO points (sn) VALUES (:order_no)", "can be repeated"),
    ("UPDATE a SET b = 1 WHERE c = :order_no; DROP TABLE a", "one statement"),
    ("UPDATE a SET b = 1 WHERE c = :order_no -- and", "one statement"),
    ("UPDATE a SET b = 1 /*! , c = 2 */ WHERE c = :order_no", "one statement"),
    ("UPDATE a SET b = 1 WHERE c = :order_no # x", "one statement"),
    ("UPDATE a SET b = ? WHERE c = :order_no", "one statement"),
    ("UPDATE a SET b = @x WHERE c = :order_no", "one statement"),
    ("UPDATE a SET b = @x := 1 WHERE c = :order_no", "one statement"),
    ("UPDATE a SET b = 'open WHERE c = :order_no", "one statement"),
    (#"UPDATE a SET b = 'open\' WHERE c = :order_no"#, "one statement"),
    ("UPDATE a SET b = : WHERE c = :order_no", "one statement"),
  ])
  func `everything else is refused, with a reason`(text: String, expected: String) {
    let fault = #expect(throws: Mismatch.self) { try ShopStatement(text, for: .paid) }
    #expect(fault?.expected.contains(expected) == true, "\(fault?.description ?? "")")
    #expect(fault?.remedy.isEmpty == false)
  }

  @Test func `an unknown parameter is told with those that there are`() {
    let fault = #expect(throws: Mismatch.self) {
      try ShopStatement("UPDATE a SET b = 1 WHERE c = :order_nr", for: .paid)
    }
    #expect(fault?.expected.contains(":order_no, :out_trade_no") == true)
    #expect(fault?.expected.contains(":refund_fee") == false)
    #expect(fault?.got == ":order_nr")
    #expect(fault?.remedy == "did you mean :order_no?")
  }

  @Test(arguments: [
    (ShopEvent.closed, "transaction_id"), (.paid, "out_refund_no"), (.refundApplied, "refund_id"),
    (.refundApplied, "review_reason"),
  ])
  func `a value that the event cannot have is no parameter of it`(
    event: ShopEvent, name: String
  ) {
    #expect(throws: Mismatch.self) {
      try ShopStatement("UPDATE a SET b = :\(name) WHERE c = :order_no", for: event)
    }
  }
}
