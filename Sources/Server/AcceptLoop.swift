import FastCGI
import Linux
import Logging

/// What each worker of a listener does: take a request, have it answered, take the next.
struct AcceptLoop: Sendable {
  let listener: Listener
  private let socket: ListeningSocket
  private let rules: AdmissionRules
  private let logger: Logger
  private let respond: @Sendable (Request, _ listener: String) -> Response
  private let shortages = Throttle(interval: .seconds(1))
  private let refused = Tally<RequestRefusal>()

  init(
    listener: Listener, socket: ListeningSocket, allowedUserIDs: Set<UInt32>, logger: Logger,
    respond: @escaping @Sendable (Request, _ listener: String) -> Response
  ) {
    self.listener = listener
    self.socket = socket
    rules = AdmissionRules(allowedUserIDs: allowedUserIDs, maximumBody: listener.maximumBody)
    var logger = logger
    logger[metadataKey: "listener"] = "\(listener.name)"
    self.logger = logger
    self.respond = respond
  }

  /// Lets nobody connect any more; workers end once those that wait are answered.
  func close() { socket.close() }

  /// Leaves the socket to other processes; workers end once they have answered what they took.
  func leave() { socket.leave() }

  /// Closes the socket if it is ours, and else leaves it to those who have it too.
  func giveUp() { socket.giveUp() }

  /// Answers requests on the calling thread until the socket is closed and nobody waits any more,
  /// or is left to others.
  func run() {
    var slot = RequestSlot()
    while true {
      switch slot.receive(from: socket, rules) {
      case .request(let received): send(response(to: received), &slot)
      case .unacceptable(let refusal):
        tell("request refused", refusal)
        send(Response(status: refusal == .bodyTooLarge ? 413 : 400), &slot)
      case .refused(let refusal):
        tell("request refused before it was read", refusal)
      case .exhausted(let error):
        // Every idle worker meets it, twenty times a second.
        guard shortages.permits() else { continue }
        logger.error("no connection can be accepted", metadata: ["error": "\(error)"])
      case .closed: return
      }
    }
  }

  /// At most once a second, with how many there were.
  private func tell(_ event: Logger.Message, _ refusal: RequestRefusal) {
    guard let report = refused.count(refusal) else { return }
    logger.warning(
      event, metadata: ["reason": "\(report.last)", "count": "\(report.count)"])
  }

  private func response(to received: ReceivedRequest) -> Response {
    do throws(MissingParameter) {
      return respond(try Request(received, deadline: listener.deadline), listener.name)
    } catch {
      logger.error(
        "nginx did not send a parameter",
        metadata: ["parameter": "\(error.name)", "reason": "\(error)"])
      return Response(status: 500)
    }
  }

  private func send(_ response: Response, _ slot: inout RequestSlot) {
    do throws(FastCGIError) {
      try slot.answer(response.bytes)
    } catch {
      logger.notice("answer not delivered", metadata: ["error": "\(error)"])
    }
  }
}
