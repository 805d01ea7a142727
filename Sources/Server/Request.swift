/// A request, as nginx understood it.
package struct Request: Sendable {
  /// Which handler nginx chose (`WEIXINPAY_ROUTE`); clients cannot set it.
  package let route: String
  /// The HTTP method, upper case.
  package let method: String
  /// The path with escapes decoded and without the query (`DOCUMENT_URI`).
  package let path: String
  /// The query as the client sent it, without the question mark; empty when there is none.
  package let query: String
  /// The body's media type; empty when the client named none.
  package let contentType: String
  /// Whole, at most the listener's `maximumBody` bytes.
  package let body: [UInt8]
  /// 1 to 64 of `0-9 a-z A-Z -`: nginx's number of the request, or one made here.
  package let requestID: String
  /// The client's address as nginx sees it (`REMOTE_ADDR`).
  package let remoteAddress: String
  /// When the answer has to be there, for whoever asked stops waiting.
  package let deadline: ContinuousClock.Instant
  /// Whether half of its time was over before a worker was free: there is more to do than can be
  /// done, and a short refusal now serves the caller, and all who wait behind, better than a late try.
  package let hasWaitedTooLong: Bool
  private let parameters: [String: String]

  /// Any FastCGI parameter; a request header `Some-Name` is `HTTP_SOME_NAME`.
  package func parameter(_ name: String) -> String? { parameters[name] }

  /// - Parameter requestID: taken over when it has the shape of one, else replaced by a random one.
  package init(
    route: String, method: String, path: String, query: String = "", contentType: String = "",
    body: [UInt8] = [], requestID: String = "", remoteAddress: String = "127.0.0.1",
    deadline: ContinuousClock.Instant = .now + .seconds(4), hasWaitedTooLong: Bool = false,
    parameters: [String: String] = [:]
  ) {
    self.route = route
    self.method = method
    self.path = path
    self.query = query
    self.contentType = contentType
    self.body = body
    self.requestID = RequestID.isWellFormed(requestID) ? requestID : RequestID.random()
    self.remoteAddress = remoteAddress
    self.deadline = deadline
    self.hasWaitedTooLong = hasWaitedTooLong
    self.parameters = parameters
  }
}
