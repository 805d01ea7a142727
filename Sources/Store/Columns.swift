import MariaDB
import Payments

extension Value {
  init(_ text: String?) { self = text.map(Value.text) ?? .null }
  init(_ integer: Int64?) { self = integer.map(Value.integer) ?? .null }
}

extension String {
  /// As much of the text as fits a column of so many characters.
  ///
  /// The database counts code points, and a `Character` may consist of any number of them.
  func fitting(_ codePoints: Int) -> String { String(unicodeScalars.prefix(codePoints)) }

  /// The same of what went wrong, where the beginning is often the same and a library's reason stands
  /// at the end: both are kept.
  func abridged(to codePoints: Int) -> String {
    guard unicodeScalars.count > codePoints else { return self }
    let beginning = codePoints / 3
    return String(unicodeScalars.prefix(beginning)) + "…"
      + String(unicodeScalars.suffix(codePoints - beginning - 1))
  }
}

/// A stored value that our own rules do not allow: a view that yields an amount of 0, a state of a
/// newer version.
package struct UnusableRow: Error, Sendable, CustomStringConvertible {
  package let table: String
  package let column: String
  /// The order it is about, if the row says so.
  package let order: String?

  package init(table: String, column: String, order: String?) {
    self.table = table
    self.column = column
    self.order = order
  }

  package var description: String {
    "\(table).\(column)\(order.map { " of order \($0)" } ?? "") holds a value that the gateway does "
      + "not understand\(rule.map { " (expected: \($0))" } ?? ""); look at the row, or at the version "
      + "of the program that wrote it"
  }

  /// What a shop's own table has to keep to.
  private var rule: String? {
    switch (table, column) {
    case ("shop_order", "total_fee"): "a whole number of fen from 1 to \(Fen.maximum)"
    case ("shop_order", "openid"): "an openid, or NULL for any payer"
    case ("shop_order", "expires_at"): "microseconds since 1970, up to the year 9999, or NULL"
    case ("shop_order", "attach"): "text without &openid= or another field of a notification"
    default: nil
    }
  }
}

/// Reads the columns of one table as the values they stand for.
struct Columns {
  let table: String
  let row: Row

  /// - Throws: `UnusableRow` when the text has not the shape of a `Value`.
  func value<Value>(_ column: String, _ read: (String) -> Value?) throws -> Value {
    guard let value = read(try row.text(column)) else { throw unusable(column) }
    return value
  }

  func optional<Value>(_ column: String, _ read: (String) -> Value?) throws -> Value? {
    guard let text = try row.optionalText(column) else { return nil }
    guard let value = read(text) else { throw unusable(column) }
    return value
  }

  func payable(_ column: String) throws -> Fen {
    guard let amount = try integer(column), let fen = Fen(payable: amount) else {
      throw unusable(column)
    }
    return fen
  }

  /// - Throws: `UnusableRow` for what is no number, and beyond the calendar.
  func time(_ column: String) throws -> BeijingTime? {
    guard let microseconds = try integer(column) else { return nil }
    guard let time = BeijingTime(untrusted: microseconds) else { throw unusable(column) }
    return time
  }

  private func integer(_ column: String) throws -> Int64? {
    do throws(MariaDBError) {
      return try row.optionalInteger(column)
    } catch {
      // A view may yield text where a number belongs.
      throw unusable(column)
    }
  }

  func unusable(_ column: String) -> UnusableRow {
    UnusableRow(table: table, column: column, order: try? row.optionalText("order_no"))
  }
}
