package import Linux
package import Logging
package import Server
import Synchronization

/// WeChat, as a merchant's server sees it: login, the payment interface of APIv2, notifications;
/// and a buyer at the end of a control route.
///
/// It shares no protocol code with the gateway: it is the other side, which judges it.
package final class Simulator: Sendable {
  /// The payment interface, path by path. A further call is a further row here.
  static let paymentCalls: [String: PaymentCall] = [
    "/pay/unifiedorder": PaymentCall(
      endpoint: .unifiedOrder, rules: UnifiedOrder.rules, decide: UnifiedOrder.decide),
    "/pay/orderquery": PaymentCall(
      endpoint: .orderQuery, rules: OrderQuery.rules, decide: OrderQuery.decide),
    "/pay/closeorder": PaymentCall(
      endpoint: .closeOrder, rules: CloseOrder.rules, decide: CloseOrder.decide),
    "/pay/refundquery": PaymentCall(
      endpoint: .refundQuery, rules: RefundQuery.rules, decide: RefundQuery.decide),
  ]

  /// Calls that need the merchant's certificate, which nginx has verified before they come here.
  static let certificateCalls: [String: PaymentCall] = [
    "/secapi/pay/refund": PaymentCall(
      endpoint: .refund, rules: ApplyRefund.rules, arrival: ApplyRefund.arrival,
      decide: ApplyRefund.decide)
  ]

  private let login: Login
  private let payments: PaymentInterface
  private let certificatePayments: PaymentInterface
  private let control: Control
  private let notifier: Notifier
  private let wireLog: WireLog
  private let now: @Sendable () -> Int64
  private let logger: Logger
  private let threads = Mutex<[NativeThread]>([])

  /// Takes up the state that an earlier run left in the state folder, or makes the folder.
  ///
  /// - Parameter now: microseconds since 1970; tests move it.
  /// - Throws: when the state folder's files cannot be read or written.
  package init(
    settings: Settings, logger: Logger,
    now: @escaping @Sendable () -> Int64 = { microsecondsSince1970() }
  ) throws {
    try LineFile.makeFolder(settings.stateFolder)
    let book = try Book(path: settings.stateFolder + "/ledger.log", now: now)
    let faults = FaultBoard()
    wireLog = try WireLog(path: settings.stateFolder + "/wire.log")
    notifier = Notifier(
      settings: settings, book: book, faults: faults, wireLog: wireLog, logger: logger)
    let log = EventLog(logger: logger)
    login = Login(settings: settings, book: book, faults: faults, log: log)
    payments = PaymentInterface(
      settings: settings, book: book, faults: faults, calls: Self.paymentCalls, log: log)
    certificatePayments = PaymentInterface(
      settings: settings, book: book, faults: faults, calls: Self.certificateCalls, log: log)
    control = Control(settings: settings, book: book, faults: faults, notifier: notifier)
    self.now = now
    self.logger = logger
  }

  /// Starts to deliver notifications, those left over from an earlier run first.
  package func start() throws(LinuxError) {
    let started = try notifier.start()
    threads.withLock { $0 += started }
  }

  /// Ends deliveries; those under way are finished.
  package func stop() {
    notifier.stop()
    let started = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in started { thread.join() }
  }

  /// Answers one request; runs on many threads at once.
  package func respond(to request: Request) -> Response {
    do {
      switch request.route {
      case "login": return try logged(request, secretsHidden: true, login.respond(to: request))
      case "pay": return try logged(request, payments.respond(to: request))
      case "secapi": return try logged(request, certificatePayments.respond(to: request))
      case "control": return try control.respond(to: request)
      default: return .notFound
      }
    } catch {
      logger.error("a request could not be answered", metadata: ["error": "\(error)"])
      return Response(status: 500, contentType: "text/html", body: Corruption.html)
    }
  }

  private func logged(
    _ request: Request, secretsHidden: Bool = false, _ response: Response
  ) throws -> Response {
    try wireLog.record(
      .incoming, at: now(), path: request.path,
      request: secretsHidden ? Array(request.query.withoutSecrets.utf8) : request.body,
      answer: secretsHidden ? Array(response.text.withoutSessionKey.utf8) : response.body,
      status: response.status)
    return response
  }
}
