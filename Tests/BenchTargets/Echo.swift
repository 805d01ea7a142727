import Linux
import Logging
import Server

/// A peer: a FastCGI program that gives each body back, made of the same workers as the gateway.
enum Echo {
  static func serve(at socket: String) throws {
    let server = try Server(
      listeners: [Listener(name: "echo", path: socket, workers: 16, deadline: .seconds(4))],
      allowedUserIDs: [effectiveUserID(), 0],
      logger: Logger(label: "echo") { _ in SwiftLogNoOpLogHandler() }
    ) { request, _ in Response(status: 200, contentType: "text/xml", body: request.body) }
    server.run()
  }
}
