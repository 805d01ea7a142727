import OpenSSL

/// One file of `sql/`, embedded in the program so that the two can never be of different versions.
package struct Migration: Sendable {
  /// Counts from 1 without gaps.
  package let number: Int
  /// The name of the file without its ending.
  package let name: String
  let sql: String

  /// All migrations, in the order in which they are applied. Forward only: an applied one is never
  /// changed, a mistake is mended by the next one.
  package static let all: [Migration] = [
    ("001-shop-order", PackageResources._01_shop_order_sql),
    ("002-payment", PackageResources._02_payment_sql),
    ("003-notification", PackageResources._03_notification_sql),
    ("004-journal", PackageResources._04_journal_sql),
    ("005-login-session", PackageResources._05_login_session_sql),
    ("006-merchant-token", PackageResources._06_merchant_token_sql),
    ("007-duty", PackageResources._07_duty_sql),
    ("008-refund", PackageResources._08_refund_sql),
    ("009-payment-refunds", PackageResources._09_payment_refunds_sql),
    ("010-pace", PackageResources._10_pace_sql),
    ("011-payment-duties", PackageResources._11_payment_duties_sql),
    ("012-event", PackageResources._12_event_sql),
    ("013-faster-lists", PackageResources._13_faster_lists_sql),
    ("014-alarm", PackageResources._14_alarm_sql),
    ("015-order-facts", PackageResources._15_order_facts_sql),
    ("016-refund-bounds", PackageResources._16_refund_bounds_sql),
    ("017-unified-order", PackageResources._17_unified_order_sql),
    ("018-login-sessions-of-a-buyer", PackageResources._18_login_sessions_of_a_buyer_sql),
    ("019-claim-slots", PackageResources._19_claim_slots_sql),
    ("020-refund-delays", PackageResources._20_refund_delays_sql),
  ].enumerated().map { index, file in
    Migration(number: index + 1, name: file.0, sql: String(decoding: file.1, as: UTF8.self))
  }

  /// SHA-256 of the file in hexadecimal: tells whether an applied migration was changed afterwards.
  var digest: String { hexadecimal(sha256(Array(sql.utf8))) }

  /// The file's statements; each ends with a semicolon at the end of a line.
  var statements: [String] {
    sql.split(separator: ";\n").map(String.init).filter { statement in
      statement.split(separator: "\n").contains { !$0.isEmpty && !$0.hasPrefix("--") }
    }
  }
}
