import OpenSSL
import Server

/// `GET /sns/jscode2session` (小程序登录): swaps a code of `wx.login` for an openid.
struct Login: Sendable {
  /// Five minutes, in microseconds.
  static let codeLife: Int64 = 300 * 1_000_000

  let settings: Settings
  let book: Book
  let faults: FaultBoard
  let log: EventLog

  func respond(to request: Request) throws -> Response {
    guard request.path == "/sns/jscode2session" else {
      log.unknownCall(request.path)
      return .notFound
    }
    let fault = faults.next(at: .login)
    if let broken = fault?.strikeBefore() {
      log.login("nothing was done", fault)
      return broken
    }
    let outcome = try outcome(of: request, fault)
    log.login(outcome.text, fault)
    if let broken = fault?.strikeAfter() { return broken }
    if fault?.kind == .systemErrorAfter { return answer(.failure(.systemBusy)) }
    return corrupted(answer(outcome), fault?.kind)
  }

  private func outcome(
    of request: Request, _ fault: Fault?
  ) throws -> Result<String, Failure> {
    if fault?.kind == .systemErrorBefore { return .failure(.systemBusy) }
    if fault?.kind == .refuse {
      return .failure(Failure(code: Int64(fault?.code ?? "") ?? -1, text: "simulated"))
    }
    let query = Query(request.query)
    do throws(Failure) {
      try check(query)
    } catch {
      return .failure(error)
    }
    let code = query["js_code"] ?? ""
    return try book.change { ledger, now in Self.swap(code, ledger, now) }
  }

  private func check(_ query: Query) throws(Failure) {
    guard let appID = query["appid"] else { throw Failure(code: 41002, text: "appid missing") }
    guard appID == settings.appID else { throw Failure(code: 40013, text: "invalid appid") }
    guard let secret = query["secret"] else {
      throw Failure(code: 41004, text: "appsecret missing")
    }
    guard equalInConstantTime(Array(secret.utf8), Array(settings.appSecret.utf8)) else {
      throw Failure(code: 40125, text: "invalid appsecret")
    }
    guard query["grant_type"] == "authorization_code" else {
      throw Failure(code: 40002, text: "invalid grant_type")
    }
    guard query["js_code"] != nil else { throw Failure(code: 41008, text: "missing code") }
  }

  /// A code works once and for five minutes.
  static func swap(
    _ code: String, _ ledger: Ledger, _ now: Int64
  ) -> (outcome: Result<String, Failure>, events: [LedgerEvent]) {
    guard let known = ledger.codes[code], now < known.madeAt + codeLife else {
      return (.failure(Failure(code: 40029, text: "invalid code")), [])
    }
    guard !known.isUsed else { return (.failure(Failure(code: 40163, text: "code been used")), []) }
    return (.success(known.openID), [.codeUsed(code)])
  }

  /// An error answer: `errcode` and `errmsg`.
  struct Failure: Error, Equatable {
    let code: Int64
    let text: String

    static let systemBusy = Failure(code: -1, text: "system error")
  }

  private func answer(_ outcome: Result<String, Failure>) -> Response {
    switch outcome {
    case .success(let openID):
      return json(["session_key": .string(Self.sessionKey()), "openid": .string(openID)])
    case .failure(let failure):
      let trace = [8, 8, 8].map(Numbers.hexadecimal).joined(separator: "-")
      return json([
        "errcode": JSON(failure.code), "errmsg": .string("\(failure.text), rid: \(trace)"),
      ])
    }
  }

  /// The real one says `text/plain`, too.
  private func json(_ value: JSON) -> Response {
    Response(status: 200, contentType: "text/plain", body: value.bytes)
  }

  private func corrupted(_ answer: Response, _ fault: Fault.Kind?) -> Response {
    var answer = answer
    switch fault {
    case .truncated: answer.body = Array(answer.body.prefix(answer.body.count / 2))
    case .oversized: answer.body += Array(repeating: 0x20, count: 200 << 10)
    case .html200: answer.body = Corruption.html
    case .empty: answer.body = []
    default: break
    }
    return answer
  }

  /// Base64 of 16 random bytes: 22 characters, of which the last carries 2 bits, and padding.
  private static func sessionKey() -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let bytes = randomBytes(22)
    let body = bytes.dropLast().map { alphabet[Int($0 % 64)] }
    let last = alphabet[Int(bytes[21] % 4) * 16]
    return String(decoding: body + [last], as: UTF8.self) + "=="
  }
}

extension Result where Success == String, Failure == Login.Failure {
  /// For the log, which openids have no business in.
  fileprivate var text: String {
    switch self {
    case .success: "SUCCESS"
    case .failure(let failure): "\(failure.code): \(failure.text)"
    }
  }
}
