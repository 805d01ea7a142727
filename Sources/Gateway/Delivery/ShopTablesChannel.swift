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

  init(_ statements: [ShopEvent: [ShopStatement]], _ settings: ConnectionSettings) {
    self.statements = statements
    database = Database(settings, connections: Gateway.dutyWorkers)
  }

  var events: Set<ShopEvent> { Set(statements.keys) }

  func tell(_ news: ShopNews, attempts: Int, in conversation: Conversation) throws {
    do {
      try database.withConnection(until: conversation.deadline) { connection in
        for statement in statements[news.event] ?? [] {
          try connection.execute(statement.sql, statement.values(of: news))
        }
      }
    } catch let error as MariaDBError {
      throw DeliveryFailure(remark: "\(error)", isOutage: error.kind == .lost)
    } catch is PoolExhausted {
      throw DeliveryFailure(remark: "no connection was free", isOutage: true)
    }
  }
}
