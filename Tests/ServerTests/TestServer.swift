import Foundation
import Linux
import Logging
import Synchronization
import TestSupport

@testable import Server

/// A server on a socket in a folder of its own, running until it is stopped or let go.
final class TestServer: Sendable {
  let path: String
  private let server: Server
  private let folder: TemporaryFolder
  private let run: Run
  private let requests: RequestLog

  /// - Parameter respond: by default an answer with the request's body.
  init(
    workers: Int = 4, maximumBody: Int = 65_536, allowedUserIDs: Set<UInt32> = [geteuid()],
    patience: Duration = .seconds(30), logger: Logger = .silent,
    respond: @escaping @Sendable (Request) -> Response = { Response(status: 200, body: $0.body) }
  ) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("api.sock")
    let requests = RequestLog()
    let server = try Server(
      listeners: [
        Listener(
          name: "api", path: path, workers: workers, deadline: .seconds(4),
          maximumBody: maximumBody)
      ],
      allowedUserIDs: allowedUserIDs, logger: logger
    ) { request, _ in
      requests.append(request)
      return respond(request)
    }
    self.folder = folder
    self.path = path
    self.requests = requests
    self.server = server
    run = try Run { server.run(patience: patience) }
  }

  deinit { stop() }

  /// The requests that reached the handler.
  var handled: [Request] { requests.all }

  /// Stops the server and waits for the end of its run.
  @discardableResult func stop() -> Server.Ending {
    server.stop()
    return run.ending
  }

  /// Stops the server and does not wait.
  func beginStop() { server.stop() }

  func client() throws -> FastCGIClient { try FastCGIClient(path: path) }

  /// Sends bytes on a connection of their own and reads what comes until it is closed.
  func exchange(_ bytes: [UInt8]) throws -> FastCGIReply {
    let client = try client()
    client.send(bytes)
    return try client.reply()
  }

  /// How long a plain request takes, after it was checked that it is answered.
  func timeOfPlainRequest() throws -> Duration {
    let start = ContinuousClock.now
    let reply = try exchange(FastCGIRecords.request(body: Array("plain".utf8)))
    guard reply.status == 200, reply.body == "plain", reply.isFinished else {
      throw TestSupportError("a plain request was not answered: \(reply)")
    }
    return .now - start
  }
}

/// A run of a server on a thread of its own.
private final class Run: Sendable {
  private let thread: NativeThread
  private let result: Result
  private let isJoined = Mutex(false)

  final class Result: Sendable {
    let ending = Mutex<Server.Ending?>(nil)
  }

  init(_ body: @escaping @Sendable () -> Server.Ending) throws {
    let result = Result()
    self.result = result
    thread = try NativeThread.start(name: "server run") {
      let ending = body()
      result.ending.withLock { $0 = ending }
    }
  }

  var ending: Server.Ending {
    isJoined.withLock { isJoined in
      if !isJoined { thread.join() }
      isJoined = true
    }
    return result.ending.withLock { $0! }
  }
}

private final class RequestLog: Sendable {
  private let requests = Mutex<[Request]>([])

  var all: [Request] { requests.withLock { $0 } }

  func append(_ request: Request) { requests.withLock { $0.append(request) } }
}

extension Logger {
  static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
