import Configuration
import MariaDB
import Payments

extension Check {
  /// Whether the statements of `shop_tables` fit the shop's tables, and the account may run them.
  ///
  /// MariaDB itself says so: it is asked how it would execute each, with no value known.
  /// - Returns: an empty list when there are none.
  static func checkShop(_ settings: Settings) -> [Finding] {
    guard let database = settings.shopDatabase else { return [] }
    do {
      var connection = try Connection(database)
      var faults: [Finding] = []
      for (merchant, shop) in settings.shops {
        for (event, statements) in shop.statements {
          for statement in statements {
            guard let problem = try connection.problem(of: statement) else { continue }
            faults.append(
              .fail(
                "merchants.\(merchant).shop_tables.\(event.rawValue)", problem,
                "correct the statement, or the rights of \(database.user)"))
          }
        }
      }
      let count = settings.shops.values.flatMap { $0.statements.values }.reduce(0) { $0 + $1.count }
      return faults.isEmpty
        ? [.ok("shop_database", "\(count) statements fit the shop's tables")] : faults
    } catch {
      // Buyers can pay all the same, and what happens is told later.
      return [
        .warn(
          "shop_database", "\(error)", "the shop is told when its database can be used again")
      ]
    }
  }
}

extension Connection {
  /// Why MariaDB would refuse a statement; `nil` when it would not.
  fileprivate mutating func problem(
    of statement: ShopStatement
  ) throws(MariaDBError) -> String? {
    do throws(MariaDBError) {
      _ = try query(
        "EXPLAIN " + statement.sql, [Value](repeating: .null, count: statement.parameters.count))
      return nil
    } catch {
      guard error.kind == .other else { throw error }
      return error.message
    }
  }
}
