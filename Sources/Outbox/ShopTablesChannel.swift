import Checkout
import Configuration
import MariaDB
import Payments
import Pooling
import Store

/// Changes the shop's own tables by statements of the configuration.
///
/// They run under an account of their own, which sees no table of ours. Each is committed by itself,
/// as MyISAM knows nothing else: after a failure all of the event's statements run again.
struct ShopTablesChannel: Channel {
  let name = ShopChannel.shopTables
  private let statements: [ShopEvent: [ShopStatement]]
  private let database: Database

  init(_ statements: [ShopEvent: [ShopStatement]], _ settings: ConnectionSettings, workers: Int) {
    self.statements = statements
    var settings = settings
    // A row that is as it should be was found: the statement ran before, after a crash perhaps.
    settings.countsFoundRows = true
    database = Database(settings, connections: workers)
  }

  var events: Set<ShopEvent> { Set(statements.keys) }

  func tell(_ news: ShopNews, attempts: Int, in conversation: Conversation) throws -> String? {
    do {
      return try database.withConnection(until: conversation.deadline) { connection in
        var idle: [Int] = []
        let all = statements[news.event] ?? []
        for (index, statement) in all.enumerated() {
          let rows = try connection.execute(statement.sql, statement.values(of: news))
          if rows == 0 { idle.append(index + 1) }
        }
        guard !idle.isEmpty else { return nil }
        let numbers = idle.map(String.init).joined(separator: ", ")
        return "statement \(numbers) of \(all.count) changed no row"
      }
    } catch let error as MariaDBError {
      throw DeliveryFailure(remark: "\(error)", isOutage: error.kind == .lost)
    } catch is PoolExhausted {
      throw DeliveryFailure(remark: "no connection was free", isOutage: true)
    }
  }
}
