import Glibc

/// An accepted connection. Closes when it goes out of scope.
struct Connection: ~Copyable {
  /// How long a peer may be silent within a request, or refuse to take an answer.
  private static let silence = Duration.seconds(2)

  private let descriptor: Int32

  init(taking descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Gives the descriptor away; whoever takes it closes it.
  consuming func release() -> Int32 {
    let descriptor = descriptor
    discard self
    return descriptor
  }

  /// Refuses a peer that runs under an account which is not in the set.
  ///
  /// The file's mode refuses strangers already; this one holds when somebody widened it.
  func checkPeer(_ allowedUserIDs: Set<UInt32>) throws(RequestRefusal) {
    // `struct ucred` is process, user and group, in 32 bits each; its declaration is for GNU
    // sources only, as which Swift does not read the headers.
    var credentials: [UInt32] = [0, 0, 0]
    var length = socklen_t(12)
    guard
      unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0,
      length == 12
    else { throw .connectionLost(code: errno) }
    guard allowedUserIDs.contains(credentials[1]) else {
      throw .foreignPeer(userID: credentials[1])
    }
  }

  /// Lets the inspection see the whole request, which remains to be read by libfcgi.
  ///
  /// - Throws: what the inspection refuses; `tooSlow` when the peer is silent for two seconds or
  ///   the request is not there at the deadline; `cutOff` when the peer stops sending before.
  func inspect(
    _ inspection: inout RequestInspection, until deadline: ContinuousClock.Instant
  ) throws(RequestRefusal) {
    // From here on each look begins where the last one ended, and waits for bytes not yet seen.
    try set(SO_PEEK_OFF, Int32(0))
    try set(SO_SNDTIMEO, Self.silence.timeval)
    while !inspection.isWhole {
      let patience = min(deadline - .now, Self.silence)
      // Zero would mean: for ever.
      guard patience >= .milliseconds(1) else { throw .tooSlow }
      try set(SO_RCVTIMEO, patience.timeval)
      if let bytes = try look() { try inspection.consume(bytes) }
    }
  }

  /// Nil when a stop of the whole process (SIGSTOP) interrupted the wait.
  private func look() throws(RequestRefusal) -> [UInt8]? {
    var code: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 8192) { buffer, count in
      let seen = unsafe recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_PEEK))
      if seen < 0 { code = errno }
      count = max(seen, 0)
    }
    switch code {
    case 0: break
    case EINTR: return nil
    case EAGAIN: throw .tooSlow
    default: throw .connectionLost(code: code)
    }
    guard !bytes.isEmpty else { throw .cutOff }
    return bytes
  }

  private func set<Value: BitwiseCopyable>(
    _ option: Int32, _ value: Value
  ) throws(RequestRefusal) {
    let outcome = unsafe withUnsafePointer(to: value) {
      unsafe setsockopt(
        descriptor, SOL_SOCKET, option, $0, socklen_t(MemoryLayout<Value>.size))
    }
    guard outcome == 0 else { throw .connectionLost(code: errno) }
  }
}

extension Duration {
  fileprivate var timeval: timeval {
    let (seconds, attoseconds) = components
    return Glibc.timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
  }
}
