import Server

/// The levers of the test: the buyer, the faults, and a look into WeChat's books. JSON in and out,
/// for callers on this machine only.
struct Control: Sendable {
  typealias Handler = @Sendable (Control, ControlRequest) throws -> JSON

  let settings: Settings
  let book: Book
  let faults: FaultBoard
  let notifier: Notifier

  /// By method and path.
  static let handlers: [String: Handler] = [
    "POST /_control/login": { try $0.login($1) },
    "POST /_control/pay": { try $0.pay($1) },
    "POST /_control/cancel": { try $0.cancel($1) },
    "POST /_control/prepay-expire": { try $0.expirePrepay($1) },
    "POST /_control/close": { try $0.close($1) },
    "POST /_control/trade-state": { try $0.changeState($1) },
    "GET /_control/orders": { try $0.listOrders($1) },
    "GET /_control/order": { try $0.showOrder($1) },
    "POST /_control/notify": { try $0.notify($1) },
    "GET /_control/notifications": { try $0.listNotifications($1) },
    "POST /_control/refund-outcome": { try $0.planRefunds($1) },
    "POST /_control/refund-finish": { try $0.finishRefund($1) },
    "POST /_control/refund-by-hand": { try $0.refundByHand($1) },
    "POST /_control/refund-spacing": { try $0.setSpacing($1) },
    "POST /_control/refund-notify-url": { try $0.setRefundNotifyURL($1) },
    "POST /_control/refund-notify": { try $0.notifyRefund($1) },
    "GET /_control/refund-notifications": { try $0.listRefundNotifications($1) },
    "POST /_control/balance": { try $0.setBalance($1) },
    "GET /_control/balance": { try $0.showBalance($1) },
    "GET /_control/refunds": { try $0.listRefunds($1) },
    "GET /_control/transmissions": { try $0.listTransmissions($1) },
    "GET /_control/complaints": { try $0.listComplaints($1) },
    "POST /_control/fault": { try $0.addFault($1) },
    "POST /_control/fault/clear": { try $0.clearFaults($1) },
    "GET /_control/faults": { try $0.listFaults($1) },
  ]

  func respond(to request: Request) throws -> Response {
    // nginx refuses strangers already; a mistake there must not hand out payments.
    guard ["127.0.0.1", "::1", "unix:"].contains(request.remoteAddress) else {
      return answer(
        ControlRefusal(403, "LOCAL_ONLY", "The control routes serve this machine only."))
    }
    guard let handler = Self.handlers["\(request.method) \(request.path)"] else {
      return answer(ControlRefusal(404, "NOT_FOUND", "There is no such control route."))
    }
    do {
      return answer(try handler(self, ControlRequest(request)))
    } catch let refusal as ControlRefusal {
      return answer(refusal)
    }
  }

  private func answer(_ refusal: ControlRefusal) -> Response {
    answer(["code": .string(refusal.code), "message": .string(refusal.message)], refusal.status)
  }

  private func answer(_ json: JSON, _ status: Int = 200) -> Response {
    Response(status: status, contentType: "application/json", body: json.bytes)
  }
}

/// A control route's no: an HTTP status, a stable code, and a sentence.
struct ControlRefusal: Error, Equatable {
  let status: Int
  let code: String
  let message: String

  init(_ status: Int, _ code: String, _ message: String) {
    self.status = status
    self.code = code
    self.message = message
  }

  static func missing(_ member: String) -> ControlRefusal {
    ControlRefusal(400, "MALFORMED", "\(member) is missing, or not of the expected type.")
  }
  static let refundUnknown = ControlRefusal(404, "REFUNDNOTEXIST", "There is no such refund.")
  static let orderUnknown = ControlRefusal(404, "ORDERNOTEXIST", "There is no such order.")
}
