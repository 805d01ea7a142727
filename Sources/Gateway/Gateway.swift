import Checkout
import Configuration
import Linux
import Logging
import MariaDB
import Payments
import Server
import Store
import WeChatPay

/// The program: takes requests from its sockets, answers each by the route nginx named.
package final class Gateway: Sendable {
  let settings: Settings
  let services: Services
  let logger: Logger
  /// Whether MariaDB takes what has to be stored.
  let writing: WritingHealth
  /// Refund notifications, which anybody can send, leave most workers to those of payments.
  let refundNotifications: Crowd
  private let wrongTokens: FailedAttempts
  private let wrongSessions: FailedAttempts
  private let refused = Tally<Logger.Metadata>()

  init(settings: Settings, services: Services, writing: WritingHealth = WritingHealth()) {
    self.settings = settings
    self.services = services
    self.writing = writing
    logger = services.logger
    refundNotifications = Crowd(limit: settings.listen.notify.workers / 4)
    // A shop's backend has one token. Buyers behind one carrier's address are thousands, and their
    // sessions end every day.
    wrongTokens = FailedAttempts(limit: 20)
    wrongSessions = FailedAttempts(limit: 200)
  }

  /// Answers one request. Never throws: every error becomes an answer here.
  func respond(to request: Request, on socket: String) -> Response {
    let started = ContinuousClock.now
    let context = Context(
      settings: settings, services: services, writing: writing,
      refundNotifications: refundNotifications, request: request,
      path: Route.parts(of: request.path, route: request.route))
    var failure: (any Error)?
    let response: Response
    do {
      response = try route(context, on: socket)
    } catch {
      failure = error
      writing.note(error) { refusal in
        let soon = min(request.deadline, .now + .seconds(1))
        try services.writingProof.remember(refusal, until: soon)
      }
      response = answer(error, to: request, on: socket)
      if response.status == 401 { failedAttempts(on: socket).note(request.remoteAddress) }
    }
    log(request, response, failure, on: socket, took: ContinuousClock.now - started)
    return response
  }

  private func route(_ context: Context, on socket: String) throws -> Response {
    let request = context.request
    guard !request.hasWaitedTooLong else { throw Refusal(.overloaded) }
    guard !failedAttempts(on: socket).isBlocked(request.remoteAddress) else {
      throw Refusal(.tooManyRequests)
    }
    let candidates = Route.at(name: request.route, socket: socket, path: context.path)
    guard !candidates.isEmpty else {
      throw Refusal(.routeNotFound, reason: Route.mistake(in: request.route, on: socket))
    }
    guard let route = candidates.first(where: { $0.method == request.method }) else {
      let allowed = candidates.map(\.method)
      throw Refusal(
        .methodNotAllowed,
        "This address takes \(allowed.joined(separator: " and ")), not \(request.method).",
        allowed: allowed)
    }
    if case .json = route.body, !request.contentType.isJSON { throw Refusal(.unsupportedMediaType) }
    var context = context
    context.queryMembers = route.query
    return try route.handle(context)
  }

  private func failedAttempts(on socket: String) -> FailedAttempts {
    socket == Settings.Socket.merchant.rawValue ? wrongTokens : wrongSessions
  }

  /// WeChat understands nothing but its own XML, people and programs get JSON.
  private func answer(_ error: any Error, to request: Request, on socket: String) -> Response {
    let refusal = Answer.refusal(for: error)
    guard socket == Settings.Socket.notify.rawValue else {
      let forMerchant = (error as? WeChatPayError).map(Refusal.init(toMerchant:))
      let shown = socket == Settings.Socket.merchant.rawValue ? forMerchant ?? refusal : refusal
      return Answer.refusal(shown, requestID: request.requestID)
    }
    return Answer.notRecorded(refusal)
  }

  /// One line per request. Nothing secret: no tokens, no openids, no bodies.
  private func log(
    _ request: Request, _ response: Response, _ failure: (any Error)?, on socket: String,
    took duration: Duration
  ) {
    var metadata: Logger.Metadata = [
      "route": "\(request.route)", "method": "\(request.method)", "status": "\(response.status)",
      "request_id": "\(request.requestID)", "client": "\(request.remoteAddress)",
      "milliseconds": "\(Int64(duration / .milliseconds(1)))",
    ]
    var level = Logger.Level.info
    if let failure {
      let refusal = Answer.refusal(for: failure)
      metadata["code"] = "\(refusal.code.rawValue)"
      metadata["advice"] = (failure as? MariaDBError)?.whatToDoToStore.map { "\($0)" }
      // What the caller may not see, the operator must.
      switch refusal.code.status {
      case 500...:
        metadata["reason"] = "\(refusal.reason ?? "\(failure)")"
        level = .error
      case _ where socket == Settings.Socket.notify.rawValue || refusal.code == .orderUnusable:
        metadata["reason"] = "\(refusal.reason ?? "\(failure)")"
        level = .warning
      default: if let reason = refusal.reason { metadata["reason"] = "\(reason)" }
      }
    }
    guard let failure, isCommon(Answer.refusal(for: failure).code, on: socket) else {
      logger.log(level: level, "answered", metadata: metadata)
      return tell(refused.rest())
    }
    tell(refused.count(metadata))
  }

  /// Whether anybody can have a refusal as often as he likes: such are counted, and told once a
  /// second.
  private func isCommon(_ code: Refusal.Code, on socket: String) -> Bool {
    switch code {
    case .tooManyRequests: true
    case .notificationRefused, .overloaded, .routeNotFound, .methodNotAllowed:
      socket == Settings.Socket.notify.rawValue
    default: false
    }
  }

  private func tell(_ report: Tally<Logger.Metadata>.Report?) {
    guard let report else { return }
    var metadata = report.last
    metadata["count"] = "\(report.count)"
    logger.warning("refused", metadata: metadata)
  }
}

extension String {
  fileprivate var isJSON: Bool {
    let type = split(separator: ";").first ?? ""
    return type.lowercased().filter { $0 != " " } == "application/json"
  }
}
