import CMariaDB

/// A prepared statement. Wraps `MYSQL_STMT *`.
@safe final class Statement {
  private let handle: Handle
  private let pointer: UnsafeMutablePointer<MYSQL_STMT>
  /// `nil` for a statement that returns no rows.
  private let result: ResultBuffer?

  init(_ sql: String, on handle: Handle) throws(MariaDBError) {
    guard let created = unsafe mysql_stmt_init(handle.pointer) else { throw handle.error }
    self.handle = handle
    unsafe pointer = created
    guard unsafe mysql_stmt_prepare(created, sql, UInt(sql.utf8.count)) == 0 else {
      let failure = unsafe Self.error(created)
      unsafe mysql_stmt_close(created)
      throw failure
    }
    do throws(MariaDBError) {
      result = unsafe try Self.result(created)
    } catch {
      unsafe mysql_stmt_close(created)
      throw error
    }
  }

  deinit { unsafe mysql_stmt_close(pointer) }

  /// Executes with one value per placeholder and returns the number of rows changed: those that now
  /// differ, not those that matched.
  func execute(_ values: [Value]) throws(MariaDBError) -> Int {
    precondition(result == nil, "A statement that returns rows is for `query`.")
    try send(values)
    return unsafe Int(clamping: mysql_stmt_affected_rows(pointer))
  }

  /// Executes with one value per placeholder and returns all rows.
  func query(_ values: [Value]) throws(MariaDBError) -> [Row] {
    guard let result else {
      try send(values)
      return []
    }
    try send(values)
    // Whatever happens below, the connection must be ready for its next statement.
    defer { _ = unsafe mysql_stmt_free_result(pointer) }
    guard unsafe mysql_stmt_bind_result(pointer, result.binds) == 0,
      unsafe mysql_stmt_store_result(pointer) == 0
    else { throw error }
    var rows: [Row] = []
    while try fetch() {
      rows.append(Row(columns: result.names, values: unsafe try result.values(pointer)))
    }
    return rows
  }

  /// The AUTO_INCREMENT value of the last execution, 0 without one.
  var insertID: Int64 { unsafe Int64(clamping: mysql_stmt_insert_id(pointer)) }

  private func send(_ values: [Value]) throws(MariaDBError) {
    precondition(
      unsafe mysql_stmt_param_count(pointer) == values.count,
      "A statement takes one value per placeholder.")
    let parameters = ParameterBuffer(values)
    guard
      unsafe values.isEmpty || mysql_stmt_bind_param(pointer, parameters.binds.baseAddress) == 0,
      unsafe mysql_stmt_execute(pointer) == 0
    else { throw error }
    // The library reads the values when it sends them, not when they are bound.
    extendLifetime(parameters)
  }

  private func fetch() throws(MariaDBError) -> Bool {
    switch unsafe mysql_stmt_fetch(pointer) {
    case 0, MYSQL_DATA_TRUNCATED: true
    case MYSQL_NO_DATA: false
    default: throw error
    }
  }

  private var error: MariaDBError { unsafe Self.error(pointer) }

  private static func error(_ pointer: UnsafeMutablePointer<MYSQL_STMT>) -> MariaDBError {
    unsafe MariaDBError(
      code: mysql_stmt_errno(pointer), sqlState: String(cString: mysql_stmt_sqlstate(pointer)),
      text: String(cString: mysql_stmt_error(pointer)))
  }

  private static func result(
    _ pointer: UnsafeMutablePointer<MYSQL_STMT>
  ) throws(MariaDBError) -> ResultBuffer? {
    guard let metadata = unsafe mysql_stmt_result_metadata(pointer) else { return nil }
    defer { unsafe mysql_free_result(metadata) }
    return unsafe try ResultBuffer(
      UnsafeBufferPointer(
        start: mysql_fetch_fields(metadata), count: Int(mysql_num_fields(metadata))))
  }
}
