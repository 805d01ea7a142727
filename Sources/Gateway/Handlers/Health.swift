import MariaDB
import Server

/// `GET health`: whether the gateway can do its work; 503 when it cannot.
enum Health {
  static func handle(_ context: Context) throws -> Response {
    let patience = min(context.request.deadline, .now + .seconds(1))
    do {
      try context.gateway.database.withConnection(until: patience) { connection in
        _ = try connection.query("SELECT 1")
      }
      return Answer.json(["status": "ok", "database": "ok", "version": .string(programVersion)])
    } catch {
      return Answer.json(["status": "failing", "database": JSON("\(error)")], status: 503)
    }
  }
}
