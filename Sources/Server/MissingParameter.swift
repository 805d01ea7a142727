import FastCGI

/// A parameter that every request must have did not come: nginx is not set up as it should be.
struct MissingParameter: Error, Equatable {
  let name: String
}

extension Request {
  /// - Throws: `MissingParameter`; nothing is ever assumed in place of a parameter.
  init(_ received: ReceivedRequest, deadline: Duration) throws(MissingParameter) {
    let parameters = received.parameters
    func required(_ name: String) throws(MissingParameter) -> String {
      guard let value = parameters[name] else { throw MissingParameter(name: name) }
      return value
    }
    self.init(
      route: try required("WEIXINPAY_ROUTE"),
      method: try required("REQUEST_METHOD"),
      path: try required("DOCUMENT_URI"),
      query: try required("QUERY_STRING"),
      contentType: parameters["CONTENT_TYPE"] ?? "",
      body: received.body,
      requestID: parameters["REQUEST_ID"] ?? "",
      remoteAddress: try required("REMOTE_ADDR"),
      deadline: received.arrival + deadline,
      parameters: parameters)
  }
}
