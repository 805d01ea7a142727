import Checkout
import Configuration
import Server
import Store

/// `GET health`: whether the gateway can do its work, which is to store what happens; 503 with the
/// reason when it cannot.
enum Health {
  static func handle(_ context: Context) throws -> Response {
    let deadline = min(context.request.deadline, .now + .seconds(1))
    let reason = context.writing.reason {
      let proof = context.services.writingProof
      let folder = try proof.proveChange(until: deadline)
      // Another machine's disk cannot be seen from here.
      if let folder, context.settings.database.host == nil { try NearlyFullDisk.check(folder) }
      try proof.proveRoom(until: deadline)
    }
    guard let reason else {
      return Answer.json(["status": "ok", "database": "ok", "version": .string(programVersion)])
    }
    return Answer.json(["status": "failing", "database": JSON(reason)], status: 503)
  }
}
