import CMariaDB
import Glibc

/// The client library's connection. Wraps `MYSQL *`, which is closed with the last reference: the
/// `Connection`'s or that of a statement prepared on it.
@safe final class Handle {
  /// For `Statement` alone, which the library attaches to the connection.
  let pointer: UnsafeMutablePointer<MYSQL>

  /// Connects; 1 second to connect, another for the server's greeting.
  ///
  /// - Throws: `MariaDBError`, kind `lost` when there is no server.
  init(_ settings: ConnectionSettings) throws(MariaDBError) {
    guard libraryIsReady, let created = unsafe mysql_init(nil) else {
      throw .refused("the client library cannot start: no memory")
    }
    unsafe pointer = created
    try setOptions(settings)
    // Else a guarded UPDATE that changes nothing must count nothing.
    let flags = settings.countsFoundRows ? UInt(CLIENT_FOUND_ROWS) : 0
    let connected = unsafe mysql_real_connect(
      pointer, settings.socket == nil ? settings.host : nil, settings.user, settings.password,
      settings.database, settings.port == 0 ? 3306 : UInt32(settings.port), settings.socket,
      flags)
    guard unsafe connected != nil else { throw error }
    // The library has connected in clear although TLS was demanded, when the server offered none.
    guard unsafe settings.socket != nil || mysql_get_ssl_cipher(pointer) != nil else {
      throw .refused("the server at \(settings.host ?? "") speaks no TLS; its connections must")
    }
  }

  deinit { unsafe mysql_close(pointer) }

  /// The failure of the last call on this connection.
  var error: MariaDBError {
    unsafe MariaDBError(
      code: mysql_errno(pointer), sqlState: String(cString: mysql_sqlstate(pointer)),
      text: String(cString: mysql_error(pointer)))
  }

  /// The server's own version text, e.g. `10.11.6-MariaDB-0+deb12u1`.
  var serverVersion: String {
    guard let version = unsafe mysql_get_server_info(pointer) else { return "" }
    return unsafe String(cString: version)
  }

  /// Whether the server counts the session as inside a transaction, as of its last answer.
  var isInTransaction: Bool {
    unsafe pointer.pointee.server_status & UInt32(SERVER_STATUS_IN_TRANS) != 0
  }

  /// Sends one statement by the text protocol and discards what it returns.
  func run(_ sql: String) throws(MariaDBError) {
    guard unsafe mysql_real_query(pointer, sql, UInt(sql.utf8.count)) == 0 else { throw error }
    // Rows left unread would be taken for the answer to the next statement.
    repeat {
      if let rows = unsafe mysql_store_result(pointer) {
        unsafe mysql_free_result(rows)
      } else if unsafe mysql_field_count(pointer) > 0 {
        throw error
      }
    } while unsafe mysql_next_result(pointer) == 0
    if unsafe mysql_errno(pointer) != 0 { throw error }
  }

  /// Whether the server answers at all; costs a round trip.
  func ping() -> Bool { unsafe mysql_ping(pointer) == 0 }

  /// Whether the server closed the connection while it was idle; costs no round trip. A server only
  /// ever answers, so anything to read on an idle connection is its farewell.
  var isClosedByServer: Bool {
    var entry = pollfd(fd: unsafe mysql_get_socket(pointer), events: Int16(POLLIN), revents: 0)
    return unsafe entry.fd < 0 || poll(&entry, 1, 0) != 0
  }

  /// Sets how long the next calls wait for the server before they fail as `lost`.
  func setPatience(_ patience: Duration) {
    unsafe cmariadb_set_patience(pointer, Int32(clamping: max(1, patience.milliseconds)))
  }

  private func setOptions(_ settings: ConnectionSettings) throws(MariaDBError) {
    try set(MYSQL_OPT_CONNECT_TIMEOUT, 1)
    let seconds = UInt32(clamping: (settings.statementLimit.milliseconds + 999) / 1000)
    try set(MYSQL_OPT_READ_TIMEOUT, seconds)
    try set(MYSQL_OPT_WRITE_TIMEOUT, seconds)
    // Reconnecting would repeat a statement and lose the transaction and the session's settings.
    try set(MYSQL_OPT_RECONNECT, false)
    // Otherwise a server may ask for any file this process can read.
    try set(MYSQL_OPT_LOCAL_INFILE, 0)
    try set(MYSQL_SET_CHARSET_NAME, "utf8mb4")
    if settings.socket != nil {
      try set(MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_SOCKET.rawValue)
    } else if settings.host != nil {
      try set(MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_TCP.rawValue)
      try set(MYSQL_OPT_SSL_ENFORCE, true)
      try set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, true)
      try set(MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3")
      if let caFile = settings.caFile { try set(MYSQL_OPT_SSL_CA, caFile) }
    } else {
      throw .refused("neither a socket nor a host to connect to is given")
    }
  }

  private func set(_ option: mysql_option, _ number: UInt32) throws(MariaDBError) {
    var number = number
    guard unsafe mysql_options(pointer, option, &number) == 0 else { throw error }
  }

  private func set(_ option: mysql_option, _ flag: Bool) throws(MariaDBError) {
    var flag: my_bool = flag ? 1 : 0
    guard unsafe mysql_options(pointer, option, &flag) == 0 else { throw error }
  }

  private func set(_ option: mysql_option, _ text: String) throws(MariaDBError) {
    guard unsafe mysql_options(pointer, option, text) == 0 else { throw error }
  }
}

/// The library's set-up is not safe to run on two threads at once; Swift runs this once.
/// It needs no set-up per thread: `mysql_thread_init` does nothing in its third generation.
private let libraryIsReady = mysql_server_init(0, nil, nil) == 0

extension Duration {
  /// Whole milliseconds, rounded down.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
