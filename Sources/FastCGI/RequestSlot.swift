import CFastCGI
import Glibc
import Linux

/// The place of one request at a time, owned by one worker. Wraps `FCGX_Request`.
///
/// The connection is accepted, checked and looked over by us; libfcgi then reads the same bytes and
/// writes the answer. Each connection serves one request.
@safe package struct RequestSlot: ~Copyable {
  private let request: UnsafeMutablePointer<FCGX_Request>
  private var isOpen = false

  /// Initializes libfcgi, if this is the first slot of the process.
  package init() {
    precondition(Library.isInitialized)
    unsafe request = .allocate(capacity: 1)
    // No listening socket: libfcgi never accepts a connection by itself.
    let outcome = unsafe FCGX_InitRequest(request, -1, 0)
    precondition(outcome == 0, "libfcgi was initialized above.")
  }

  deinit {
    if isOpen { unsafe FCGX_Free(request, 1) }
    unsafe request.deallocate()
  }

  /// Waits for the next connection and reads its request.
  ///
  /// After `request` and `unacceptable`, `answer` is to be called; the next call to `receive` drops
  /// a connection that was not answered.
  package mutating func receive(
    from socket: ListeningSocket, _ rules: AdmissionRules
  ) -> Arrival {
    drop()
    switch socket.accept() {
    case .closed:
      return .closed
    case .failed(let code):
      // Descriptors come back when others finish. A thread that left instead would never return.
      usleep(50_000)
      return .exhausted(LinuxError(operation: "accept4", code: code))
    case .connection(let connection):
      do throws(RequestRefusal) {
        return try admit(connection, rules)
      } catch {
        return .refused(error)
      }
    }
  }

  /// Sends the answer, CGI header and body, and closes the connection.
  ///
  /// - Throws: `answerNotTaken` when nginx did not take all of it.
  package mutating func answer(_ bytes: [UInt8]) throws(FastCGIError) {
    precondition(isOpen, "There is a request to answer, and it is answered once.")
    do throws(FastCGIError) {
      try write(bytes)
    } catch {
      drop()
      throw error
    }
    unsafe FCGX_Finish_r(request)
    isOpen = false
  }

  private func write(_ bytes: [UInt8]) throws(FastCGIError) {
    // In pieces, so that a peer which takes a byte now and then is given up at the deadline.
    let deadline = ContinuousClock.now + .seconds(4)
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(32 << 10)
      rest = rest.dropFirst(piece.count)
      let sent = unsafe piece.withUnsafeBytes { piece in
        unsafe FCGX_PutStr(piece.baseAddress, Int32(piece.count), request.pointee.out)
      }
      guard sent == piece.count, ContinuousClock.now < deadline else { throw .answerNotTaken }
    }
    guard unsafe FCGX_FFlush(request.pointee.out) == 0 else { throw .answerNotTaken }
  }

  private mutating func admit(
    _ connection: consuming Connection, _ rules: AdmissionRules
  ) throws(RequestRefusal) -> Arrival {
    let arrival = ContinuousClock.now
    try connection.checkPeer(rules.allowedUserIDs)
    var inspection = RequestInspection(maximumBody: rules.maximumBody)
    do throws(RequestRefusal) {
      try connection.inspect(&inspection, until: arrival + rules.readingTime)
    } catch {
      guard error.isAnswerable else { throw error }
      try open(connection)
      return .unacceptable(error)
    }
    try open(connection)
    do throws(RequestRefusal) {
      return .request(
        ReceivedRequest(
          parameters: try parameters(), body: try body(inspection.bodyLength), arrival: arrival))
    } catch {
      drop()
      throw error
    }
  }

  /// Gives the connection to libfcgi, which reads the parameters.
  private mutating func open(_ connection: consuming Connection) throws(RequestRefusal) {
    unsafe weixinpay_give_connection(request, connection.release())
    // A plain close: libfcgi would otherwise wait for the peer to close first, for as long as that
    // sends anything.
    unsafe FCGX_Detach(request)
    // Failing, it has closed the connection.
    guard unsafe FCGX_Accept_r(request) == 0 else { throw .unreadable }
    isOpen = true
    unsafe weixinpay_close_after_request(request)
    // Success is also what libfcgi says of a request that was cut off.
    guard unsafe FCGX_GetError(request.pointee.in) == 0 else {
      drop()
      throw .unreadable
    }
  }

  private func parameters() throws(RequestRefusal) -> [String: String] {
    var parameters: [String: String] = [:]
    guard var entry = unsafe request.pointee.envp else { throw .unreadable }
    while let text = unsafe entry.pointee {
      // By bytes: a value may begin with a combining mark, and then no character is "=".
      guard
        let assignment = unsafe String(validatingCString: text),
        let equals = assignment.utf8.firstIndex(of: UInt8(ascii: "="))
      else { throw .unreadable }
      let value = assignment.utf8[assignment.utf8.index(after: equals)...]
      parameters[String(assignment[..<equals])] = String(Substring(value))
      unsafe entry += 1
    }
    guard parameters[ParameterBlock.endName] == "1" else { throw .unreadable }
    return parameters
  }

  /// Reads the body to its end, so that nothing is left in the connection.
  private func body(_ length: Int) throws(RequestRefusal) -> [UInt8] {
    let input = unsafe request.pointee.in
    // All empty arrays are one; even to set its count to zero is a write beside other threads.
    let body =
      length == 0
      ? []
      : unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
        count = Int(unsafe FCGX_GetStr(buffer.baseAddress, Int32(length), input))
      }
    guard body.count == length, unsafe FCGX_GetChar(input) == EOF,
      unsafe FCGX_GetError(input) == 0
    else { throw .unreadable }
    return body
  }

  /// Closes the connection without a word.
  private mutating func drop() {
    guard isOpen else { return }
    unsafe FCGX_Free(request, 1)
    isOpen = false
  }
}
