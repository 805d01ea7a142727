import CCurl
import Pooling

/// Sends HTTPS requests, one at a time, over connections that it keeps. Wraps a curl easy handle.
///
/// Only TLS 1.2 or newer to a server whose certificate and name were verified; no redirects, no
/// proxy, no `.netrc`, no compression, no cookies, whatever the environment says. One variable
/// has to be cleared by the program: `SSLKEYLOGFILE`, which libcurl reads once, at the first
/// session.
///
/// The process must ignore `SIGPIPE`: with several threads libcurl cannot do so by itself.
@safe package struct Session: ~Copyable, Lendable {
  /// `curl_global_init` is to be called once, before any other function.
  private static let library: CURLcode = curl_global_init(Int(CURL_GLOBAL_ALL))

  private let handle: UnsafeMutableRawPointer
  /// libcurl writes its explanation here, at any time between `send`'s start and its reset.
  private let explanation: UnsafeMutablePointer<CChar>
  private let options: SessionOptions
  private let hostNames: HostNames

  /// False after libcurl could not even be told what to do (out of memory).
  package private(set) var isUsable = true

  /// - Throws: when libcurl cannot be started; files and certificates are first read by `send`.
  package init(_ options: SessionOptions) throws(CurlError) {
    try self.init(options, hostNames: .shared)
  }

  init(_ options: SessionOptions, hostNames: HostNames) throws(CurlError) {
    guard Self.library == CURLE_OK, let handle = unsafe curl_easy_init() else {
      throw CurlError(CURLE_FAILED_INIT, .provenUnsent, "libcurl cannot be started.")
    }
    unsafe self.handle = handle
    unsafe explanation = .allocate(capacity: Int(CURL_ERROR_SIZE))
    self.options = options
    self.hostNames = hostNames
  }

  deinit {
    unsafe curl_easy_cleanup(handle)
    unsafe explanation.deallocate()
  }

  /// Sends a request and waits for the whole answer.
  ///
  /// - Parameters:
  ///   - connectTimeout: for TCP and TLS together.
  ///   - timeout: for everything, the former included. A name that is not known yet may be looked
  ///     up for the most of it.
  /// - Throws: `CurlError` when there is no whole answer; ask its `outcome`.
  package mutating func send(
    _ request: HTTPRequest, connectTimeout: Duration, timeout: Duration
  ) throws(CurlError) -> HTTPResponse {
    let host = try request.host(allowsPlainHTTP: options.allowsPlainHTTP)
    let started = ContinuousClock.now
    let known = try HeaderList(knownHosts(request, host, timeout: timeout))
    let left = max(timeout - (ContinuousClock.now - started), .milliseconds(1))
    let headers = try HeaderList(request.headerLines())
    let answer = Answer()
    let guardian = AddressGuard()
    let authorities = try options.authorities.store(orSystem: systemAuthorities)
    // After the transfer nothing of it stays in the handle but its connections.
    defer { unsafe curl_easy_reset(handle) }

    try configure(authorities)
    if options.isPublicOnly { try configure(guardian) }
    try configure(request, headers, answer)
    try check(unsafe shim_set_pointer(handle, CURLOPT_RESOLVE, known.first))
    try set(CURLOPT_CONNECTTIMEOUT_MS, min(connectTimeout, left).milliseconds)
    try set(CURLOPT_TIMEOUT_MS, left.milliseconds)

    let code = unsafe curl_easy_perform(handle)
    // libcurl knows their addresses only.
    withExtendedLifetime((answer, authorities, guardian)) {}
    extendLifetime(headers)
    extendLifetime(known)
    guard code == CURLE_OK else { throw failure(code, host, refused: guardian.refused) }
    return HTTPResponse(
      status: number(CURLINFO_RESPONSE_CODE), body: answer.body,
      newConnections: number(CURLINFO_NUM_CONNECTS), address: text(CURLINFO_PRIMARY_IP),
      date: answer.date)
  }
}

// MARK: Options

extension Session {
  /// What libcurl is to know of the host, so that it has nothing to look up: its own look-up would
  /// be counted against the time for the connection, and cut off with it.
  private func knownHosts(
    _ request: HTTPRequest, _ host: String, timeout: Duration
  ) throws(CurlError) -> [String] {
    guard let endpoint = Endpoint(host: host, isTLS: request.url.hasPrefix("https://")) else {
      return []
    }
    // A quarter remains for the request, or for another host.
    let deadline = ContinuousClock.now + timeout * 3 / 4
    do throws(HostNames.Failure) {
      return [endpoint.entry(try hostNames.addresses(of: endpoint.name, until: deadline))]
    } catch {
      switch error {
      case .unknown(let words):
        let code = CURLE_COULDNT_RESOLVE_HOST
        throw CurlError(
          code, .provenUnsent, "\(host): \(name(of: code)) (curl \(code.rawValue)): \(words)")
      case .timedOut:
        let code = CURLE_OPERATION_TIMEDOUT
        throw CurlError(
          code, .provenUnsent,
          "\(host): \(name(of: code)) (curl \(code.rawValue)): no name server has told its address in"
            + " time")
      }
    }
  }

  private mutating func configure(_ authorities: TrustStore) throws(CurlError) {
    unsafe explanation.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    try check(unsafe shim_set_pointer(handle, CURLOPT_ERRORBUFFER, explanation))
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_USERAGENT, "weixinpay")
    // Instead of 16 KiB for each request that waits; WeChat's answers are smaller than this.
    try set(CURLOPT_BUFFERSIZE, 4096)

    try set(CURLOPT_PROTOCOLS_STR, options.allowsPlainHTTP ? "https,http" : "https")
    try set(CURLOPT_REDIR_PROTOCOLS_STR, "https")
    try set(CURLOPT_FOLLOWLOCATION, 0)
    // An empty proxy overrules the environment's.
    try set(CURLOPT_PROXY, "")
    try set(CURLOPT_NOPROXY, "*")
    try set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    // HTTP/2 would bring nothing to a session that waits for each answer, but one more way for
    // libcurl to send a request twice (a refused stream).
    try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)

    try set(CURLOPT_SSL_VERIFYPEER, 1)
    try set(CURLOPT_SSL_VERIFYHOST, 2)
    try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    // libcurl reads no authorities of its own: without ours, nobody would be trusted.
    try check(unsafe shim_set_text(handle, CURLOPT_CAINFO, nil))
    try check(unsafe shim_set_text(handle, CURLOPT_CAPATH, nil))
    let context = unsafe Unmanaged.passUnretained(authorities).toOpaque()
    try check(unsafe shim_set_pointer(handle, CURLOPT_SSL_CTX_DATA, context))
    try check(unsafe shim_set_context_callback(handle, CURLOPT_SSL_CTX_FUNCTION, trustStore))
    if let identity = options.identity {
      try set(CURLOPT_SSLCERT_BLOB, identity.certificate)
      try set(CURLOPT_SSLKEY_BLOB, identity.privateKey)
      // Without a password OpenSSL would ask for it on the terminal.
      try set(CURLOPT_KEYPASSWD, "")
    }
    if options.freshConnection {
      try set(CURLOPT_FRESH_CONNECT, 1)
      try set(CURLOPT_FORBID_REUSE, 1)
    }
  }

  private mutating func configure(_ guardian: AddressGuard) throws(CurlError) {
    let context = unsafe Unmanaged.passUnretained(guardian).toOpaque()
    try check(unsafe shim_set_pointer(handle, CURLOPT_OPENSOCKETDATA, context))
    try check(
      unsafe shim_set_socket_callback(handle, CURLOPT_OPENSOCKETFUNCTION, openSocket))
  }

  /// What libcurl was built to trust.
  private var systemAuthorities: (file: String?, folder: String?) {
    (optionalText(CURLINFO_CAINFO), optionalText(CURLINFO_CAPATH))
  }

  private mutating func configure(
    _ request: HTTPRequest, _ headers: borrowing HeaderList, _ answer: Answer
  ) throws(CurlError) {
    try set(CURLOPT_URL, request.url)
    switch request.method {
    case .get: try set(CURLOPT_HTTPGET, 1)
    case .head: try set(CURLOPT_NOBODY, 1)
    case .post:
      try set(CURLOPT_POST, 1)
      // The size comes first: it tells libcurl how much to copy.
      try check(
        unsafe shim_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
      // One byte more keeps the address valid for an empty body.
      let status = unsafe (request.body + [0]).withUnsafeBytes { bytes in
        unsafe shim_set_pointer(
          handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
      }
      try check(status)
    }
    try check(unsafe shim_set_pointer(handle, CURLOPT_HTTPHEADER, headers.first))

    let context = unsafe Unmanaged.passUnretained(answer).toOpaque()
    try check(unsafe shim_set_pointer(handle, CURLOPT_WRITEDATA, context))
    try check(unsafe shim_set_callback(handle, CURLOPT_WRITEFUNCTION, takeBody))
    try check(unsafe shim_set_pointer(handle, CURLOPT_HEADERDATA, context))
    try check(unsafe shim_set_callback(handle, CURLOPT_HEADERFUNCTION, takeHeader))
  }

  private mutating func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
    try check(unsafe shim_set_number(handle, option, value))
  }

  private mutating func set(_ option: CURLoption, _ value: String) throws(CurlError) {
    try check(unsafe shim_set_text(handle, option, value))
  }

  private mutating func set(_ option: CURLoption, _ value: [UInt8]) throws(CurlError) {
    let status = unsafe value.withUnsafeBytes { bytes in
      unsafe shim_set_blob(handle, option, bytes.baseAddress, bytes.count)
    }
    try check(status)
  }

  private mutating func check(_ status: CURLcode) throws(CurlError) {
    guard status == CURLE_OK else {
      isUsable = false
      throw CurlError(status, .provenUnsent, "libcurl refused an option: \(name(of: status)).")
    }
  }
}

// MARK: What happened

extension Session {
  private func failure(_ code: CURLcode, _ host: String, refused address: String?) -> CurlError {
    // Two witnesses: the clock starts when a connection, new or kept, is ready for the request.
    let hasBegun = size(CURLINFO_PRETRANSFER_TIME_T) > 0 || number(CURLINFO_REQUEST_SIZE) > 0
    let outcome = CurlError.Outcome(code, hasBegun: hasBegun)
    // A stranger's certificate may be quoted here: no control character may reach a log.
    let explained =
      unsafe address.map { "its address \($0) is not public." }
      ?? String(cString: explanation)
    let printable = explained.unicodeScalars.filter { $0.properties.generalCategory != .control }
    return CurlError(
      code, outcome, "\(host): \(name(of: code)) (curl \(code.rawValue)): \(String(printable))")
  }

  private func number(_ information: CURLINFO) -> Int {
    var value = 0
    unsafe shim_get_number(handle, information, &value)
    return value
  }

  private func size(_ information: CURLINFO) -> Int {
    var value: curl_off_t = 0
    unsafe shim_get_size(handle, information, &value)
    return Int(value)
  }

  private func text(_ information: CURLINFO) -> String { optionalText(information) ?? "" }

  private func optionalText(_ information: CURLINFO) -> String? {
    var value: UnsafeMutablePointer<CChar>?
    unsafe shim_get_text(handle, information, &value)
    return unsafe value.map { unsafe String(cString: $0) }
  }
}

/// libcurl's own words for a code.
private func name(of code: CURLcode) -> String {
  unsafe String(cString: curl_easy_strerror(code))
}

extension Duration {
  /// At least 1: libcurl takes 0 for "no limit".
  fileprivate var milliseconds: Int {
    let (seconds, attoseconds) = components
    return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
  }
}
