package import Curl
package import Pooling
import Synchronization

/// WeChat's hosts, and which of them to ask first.
///
/// The main host is asked first. The backup gets a message only when the main host has not: no
/// connection, or an error page of a proxy in front of it; a refund only for want of a connection.
/// After a read timeout the message may have been executed, so that it is for the caller to ask or
/// to repeat, not for this type.
/// A host that failed goes last for a while, one that fails again and again is not asked at all
/// (`Breaker`); then the main host is first again.
/// Source: WeChat Pay, 跨城冗灾方案.
package final class WeChatHosts: Sendable {
  let login: String
  let sessions: Pool<Session>
  let loginSessions: Pool<Session>
  private let pay: [String]
  private let breakers: Mutex<[String: Breaker]>

  private static let connectTimeout: Duration = .seconds(2)
  private static let totalTimeout: Duration = .seconds(10)

  /// - Parameters:
  ///   - pay: base URLs of the payment API without a slash at the end, the main host first.
  ///   - login: base URL of the login API.
  ///   - sessions: curl sessions without a client certificate.
  ///   - loginSessions: those for logins, which anybody may ask for: fewer, so that a flood of them
  ///     leaves workers for buyers who pay.
  package init(
    pay: [String], login: String, sessions: Pool<Session>, loginSessions: Pool<Session>
  ) {
    precondition(!pay.isEmpty, "There is at least a main host.")
    self.pay = pay
    breakers = Mutex(Dictionary(uniqueKeysWithValues: pay.map { ($0, Breaker()) }))
    self.login = login
    self.sessions = sessions
    self.loginSessions = loginSessions
  }

  /// Posts a message and reads the answer, which is not verified yet.
  ///
  /// - Parameters:
  ///   - mayBeRepeated: whether another host may be asked although one may have got the message.
  ///   - signed: makes the message anew for each host. WeChat's hosts may share what they remember
  ///     of nonces, so that no two messages have the same one.
  /// - Returns: the answer, and what came of the message at the hosts that were asked before; unsent
  ///   when there were none.
  /// - Throws: `TransportError`; it counts as unsent only when no host can have got the message.
  func exchange(
    path: String, mayBeRepeated: Bool, sessions: Pool<Session>,
    deadline: ContinuousClock.Instant, signed: () -> Fields
  ) throws(TransportError) -> (answer: Fields, earlier: TransportError) {
    var failure = TransportError(
      wasSent: false, message: "WeChat has not answered several times; it is asked again shortly")
    for host in hostsInOrder() {
      do {
        let response = try send(
          HTTPRequest(
            method: .post, url: host + path, contentType: "text/xml; charset=utf-8",
            body: FlatXML.write(signed())),
          sessions: sessions, deadline: deadline)
        let answer = try response.message()
        note(host) { $0.succeed() }
        return (answer, failure)
      } catch {
        // A certificate that is refused is the merchant's trouble, not the host's.
        if error.wasSent || error.isElsewhereHelpful, !error.isCertificateFault {
          note(host) { $0.fail(at: .now) }
        }
        let wasSentBefore = failure.wasSent
        failure = error
        failure.wasSent = error.wasSent || wasSentBefore
        guard error.isElsewhereHelpful, mayBeRepeated || !failure.wasSent else { throw failure }
      }
    }
    throw failure
  }

  /// Sends one request over a lent session, within the deadline.
  ///
  /// - Parameter patience: how long to wait for a session; `nil` until the deadline.
  func send(
    _ request: HTTPRequest, sessions: Pool<Session>, patience: Duration? = nil,
    deadline: ContinuousClock.Instant
  ) throws(TransportError) -> HTTPResponse {
    let outcome: Result<HTTPResponse, CurlError>
    do {
      let patience = patience ?? max(.zero, ContinuousClock.now.duration(to: deadline))
      outcome = try sessions.lend(patience: patience) { session in
        let left = ContinuousClock.now.duration(to: deadline)
        // A curl session takes 0 ms for no limit at all.
        guard left > .milliseconds(1) else { throw PoolExhausted() }
        return Result { () throws(CurlError) in
          try session.send(
            request, connectTimeout: min(Self.connectTimeout, left),
            timeout: min(Self.totalTimeout, left))
        }
      }
    } catch {
      // Thrown before the request: no session came free in time, or none could be opened.
      throw TransportError(wasSent: false, message: "no connection was free before the deadline")
    }
    switch outcome {
    case .success(let response): return response
    case .failure(let error): throw TransportError(error)
    }
  }

  /// The hosts worth asking, those without a recent failure first.
  private func hostsInOrder() -> [String] {
    breakers.withLock { breakers in
      let now = ContinuousClock.now
      let advice = pay.map { host in (host, breakers[host, default: Breaker()].advice(at: now)) }
      return advice.filter { $0.1 == .ask }.map(\.0) + advice.filter { $0.1 == .askLast }.map(\.0)
    }
  }

  private func note(_ host: String, _ change: (inout Breaker) -> Void) {
    breakers.withLock { change(&$0[host, default: Breaker()]) }
  }
}
