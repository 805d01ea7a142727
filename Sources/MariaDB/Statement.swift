import CMariaDB

/// A prepared statement. Wraps `MYSQL_STMT *`.
@safe final class Statement {
  private let handle: Handle
  private let pointer: UnsafeMutablePointer<MYSQL_STMT>

  init(_ sql: String, on handle: Handle) throws(MariaDBError) {
    guard let created = unsafe mysql_stmt_init(handle.pointer) else { throw handle.error }
    self.handle = handle
    unsafe pointer = created
    guard unsafe mysql_stmt_prepare(created, sql, UInt(sql.utf8.count)) == 0 else { throw error }
  }

  deinit { unsafe mysql_stmt_close(pointer) }

  /// Executes with one value per placeholder and returns all rows.
  func execute(_ values: [Value]) throws(MariaDBError) -> [Row] {
    try send(values)
    // Whatever happens below, the connection must be ready for its next statement.
    defer { _ = unsafe mysql_stmt_free_result(pointer) }
    guard let result = try result() else { return [] }
    guard unsafe mysql_stmt_bind_result(pointer, result.binds) == 0,
      unsafe mysql_stmt_store_result(pointer) == 0
    else { throw error }
    var rows: [Row] = []
    while try fetch() {
      rows.append(Row(columns: result.names, values: unsafe try result.values(pointer)))
    }
    return rows
  }

  /// How many rows the last execution changed: those that now differ, not those that matched.
  var changedRows: Int { unsafe Int(clamping: mysql_stmt_affected_rows(pointer)) }

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

  /// The columns of what was just executed, `nil` when it returns no rows. They are known for
  /// certain only now: before, INSERT … RETURNING shows none, and `? + 1` has another type.
  private func result() throws(MariaDBError) -> ResultBuffer? {
    guard let metadata = unsafe mysql_stmt_result_metadata(pointer) else { return nil }
    defer { unsafe mysql_free_result(metadata) }
    return unsafe try ResultBuffer(
      UnsafeBufferPointer(
        start: mysql_fetch_fields(metadata), count: Int(mysql_num_fields(metadata))))
  }

  private func fetch() throws(MariaDBError) -> Bool {
    switch unsafe mysql_stmt_fetch(pointer) {
    case 0, MYSQL_DATA_TRUNCATED: true
    case MYSQL_NO_DATA: false
    default: throw error
    }
  }

  private var error: MariaDBError {
    unsafe MariaDBError(
      code: mysql_stmt_errno(pointer), sqlState: String(cString: mysql_stmt_sqlstate(pointer)),
      text: String(cString: mysql_stmt_error(pointer)))
  }
}
