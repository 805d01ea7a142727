import Server

/// Answers the merchant's signed XML calls: judges the request, lets its call decide, signs the
/// answer, and lets faults strike on the way.
struct PaymentInterface: Sendable {
  let settings: Settings
  let book: Book
  let faults: FaultBoard
  /// By path.
  let calls: [String: PaymentCall]
  let log: EventLog

  func respond(to request: Request) throws -> Response {
    guard let call = calls[request.path] else {
      log.unknownCall(request.path)
      return .notFound
    }
    let message = try? XMLReader.read(request.body)
    if let message { try record(message, call) }
    let fault = faults.next(at: call.endpoint, subject(of: message))
    if let broken = fault?.strikeBefore() {
      log.call(call.endpoint, message, nil, fault)
      return broken
    }
    let answer = try answer(to: request, call, fault)
    log.call(call.endpoint, message, answer, fault)
    if let broken = fault?.strikeAfter() { return broken }
    return response(answer, fault?.kind)
  }

  /// Notes that a request arrived, if its call wants that.
  private func record(_ message: Message, _ call: PaymentCall) throws {
    guard let arrival = call.arrival else { return }
    try book.change { ledger, _ in ((), arrival(message, settings, ledger)) }
  }

  private func subject(of message: Message?) -> FaultSubject {
    guard let message else { return FaultSubject() }
    return book.read { ledger, _ in FaultSubject(of: message, ledger) }
  }

  private func answer(
    to request: Request, _ call: PaymentCall, _ fault: Fault?
  ) throws -> PaymentAnswer {
    let verified: VerifiedRequest
    do throws(CommunicationFailure) {
      verified = try verify(request, call)
    } catch {
      return PaymentAnswer(error)
    }
    switch fault?.kind {
    case .systemErrorBefore:
      return PaymentAnswer(refused: .systemError, verified, settings)
    case .refuse:
      return PaymentAnswer(refused: .ordered(fault?.code), verified, settings)
    default:
      let answer = try decide(verified, call)
      return switch fault?.kind {
      case .systemErrorAfter: PaymentAnswer(refused: .systemError, verified, settings)
      case .refuseAfter: PaymentAnswer(refused: .ordered(fault?.code), verified, settings)
      default: answer
      }
    }
  }

  private func decide(_ request: VerifiedRequest, _ call: PaymentCall) throws -> PaymentAnswer {
    do throws(Refusal) {
      try FieldRule.checkValues(of: request.message, call.rules)
    } catch {
      return PaymentAnswer(refused: error, request, settings)
    }
    let result = try book.change { ledger, now in
      let decision = call.decide(request, settings, ledger, now)
      return (decision.result, decision.events)
    }
    return switch result {
    case .accepted(let fields): PaymentAnswer(accepted: fields, request, settings)
    case .refused(let refusal): PaymentAnswer(refused: refusal, request, settings)
    case .failed(let failure): PaymentAnswer(failure)
    }
  }

  /// Everything that has to be right before WeChat believes that the merchant is speaking.
  private func verify(
    _ request: Request, _ call: PaymentCall
  ) throws(CommunicationFailure) -> VerifiedRequest {
    guard request.method == "POST" else { throw .notPosted }
    guard !request.body.isEmpty else { throw .emptyBody }
    let message = try Self.read(request.body)
    try FieldRule.checkShape(of: message, call.rules)

    guard let mchID = message["mch_id"], mchID.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { throw .malformedMchID }
    guard mchID == settings.mchID else { throw .unknownMchID }
    guard let appID = message["appid"], Self.isAppID(appID) || appID == settings.appID else {
      throw .unknownAppID
    }
    guard appID == settings.appID else { throw .appIDOfAnotherMerchant }
    guard let signType = SignType(rawValue: message["sign_type"] ?? SignType.md5.rawValue) else {
      throw .unknownSignType
    }
    guard message.isSigned(signType, key: settings.apiKey) else { throw .wrongSignature }
    return VerifiedRequest(message: message, signType: signType)
  }

  private static func read(_ body: [UInt8]) throws(CommunicationFailure) -> Message {
    do throws(XMLRefusal) {
      return try XMLReader.read(body)
    } catch {
      switch error {
      case .notUTF8: throw .notUTF8
      case .unsupportedCharacter, .documentType, .duplicateField, .malformed: throw .malformedXML
      }
    }
  }

  /// `wx` and 16 lower-case letters or digits.
  private static func isAppID(_ text: String) -> Bool {
    text.hasPrefix("wx") && text.utf8.count == 18
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
      }
  }

  private func response(_ answer: PaymentAnswer, _ fault: Fault.Kind?) -> Response {
    var answer = answer
    if let fault { Corruption.falsify(&answer.message, fault) }
    answer.sign(key: settings.apiKey)
    // WeChat calls its XML this; clients must not depend on it.
    return Response(
      status: 200, contentType: "text/plain", body: Corruption.document(of: answer.message, fault))
  }
}

extension Response {
  static let notFound = Response(
    status: 404, contentType: "text/plain", body: Array("404 page not found\n".utf8))

  /// nginx turns this status into a closed connection (`return 444`): the client gets no answer.
  static let drop = Response(status: 599)

  static let badGateway = Response(status: 502, contentType: "text/html", body: Corruption.html)
}
