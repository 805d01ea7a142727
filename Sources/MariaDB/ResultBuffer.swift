import CMariaDB

/// The columns of a statement's result and the memory into which the library writes one row.
///
/// Integers arrive in place. Of texts and bytes only the length arrives: the first step of the fetch
/// says how much room a value needs, the second, for each such column, copies it out.
@safe final class ResultBuffer {
  private enum Shape {
    case integer, unsignedInteger, decimal, bytes
  }

  let names: [String]
  /// For `mysql_stmt_bind_result`.
  let binds: UnsafeMutablePointer<MYSQL_BIND>
  private let shapes: [Shape]
  private let integers: UnsafeMutablePointer<UInt64>
  private let lengths: UnsafeMutablePointer<UInt>
  private let nulls: UnsafeMutablePointer<my_bool>

  /// - Throws: `MariaDBError.decoding` for a column of a type that the wrapper does not carry:
  ///   floating point, dates and times, bit fields.
  init(_ fields: UnsafeBufferPointer<MYSQL_FIELD>) throws(MariaDBError) {
    var names: [String] = []
    var shapes: [Shape] = []
    for index in fields.indices {
      let name = unsafe Self.name(fields[index])
      guard let shape = unsafe Self.shape(fields[index]) else {
        throw .decoding("column \(name) has a type that is not carried; CAST it in the statement")
      }
      names.append(name)
      shapes.append(shape)
    }
    self.names = names
    self.shapes = shapes
    let count = names.count
    unsafe binds = .allocate(capacity: count)
    unsafe integers = .allocate(capacity: count)
    unsafe lengths = .allocate(capacity: count)
    unsafe nulls = .allocate(capacity: count)
    unsafe integers.initialize(repeating: 0, count: count)
    unsafe lengths.initialize(repeating: 0, count: count)
    unsafe nulls.initialize(repeating: 0, count: count)
    for index in 0..<count { unsafe (binds + index).initialize(to: bind(index)) }
  }

  deinit {
    unsafe binds.deallocate()
    unsafe integers.deallocate()
    unsafe lengths.deallocate()
    unsafe nulls.deallocate()
  }

  /// The values of the row that `statement` has just fetched.
  func values(_ statement: UnsafeMutablePointer<MYSQL_STMT>) throws(MariaDBError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(names.count)
    for index in names.indices {
      values.append(unsafe nulls[index] != 0 ? .null : unsafe try value(statement, index))
    }
    return values
  }

  private func value(
    _ statement: UnsafeMutablePointer<MYSQL_STMT>, _ index: Int
  ) throws(MariaDBError) -> Value {
    switch shapes[index] {
    case .integer:
      return unsafe .integer(Int64(bitPattern: integers[index]))
    case .unsignedInteger:
      guard let integer = unsafe Int64(exactly: integers[index]) else {
        throw .decoding("column \(names[index]) is beyond Int64")
      }
      return .integer(integer)
    case .decimal:
      let digits = unsafe try bytes(statement, index)
      return Int64(String(decoding: digits, as: UTF8.self)).map(Value.integer) ?? .bytes(digits)
    case .bytes:
      return .bytes(unsafe try bytes(statement, index))
    }
  }

  private func bytes(
    _ statement: UnsafeMutablePointer<MYSQL_STMT>, _ index: Int
  ) throws(MariaDBError) -> [UInt8] {
    let length = unsafe Int(lengths[index])
    if length == 0 { return [] }
    var code: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: length) { room, count in
      var bind = unsafe MYSQL_BIND()
      unsafe bind.buffer_type = MYSQL_TYPE_BLOB
      unsafe bind.buffer = UnsafeMutableRawPointer(room.baseAddress)
      unsafe bind.buffer_length = UInt(length)
      unsafe code = mysql_stmt_fetch_column(statement, &bind, UInt32(index), 0)
      count = code == 0 ? length : 0
    }
    guard code == 0 else { throw .decoding("column \(names[index]) cannot be fetched") }
    return bytes
  }

  private func bind(_ index: Int) -> MYSQL_BIND {
    var bind = unsafe MYSQL_BIND()
    unsafe bind.length = lengths + index
    unsafe bind.is_null = nulls + index
    switch shapes[index] {
    case .integer, .unsignedInteger:
      unsafe bind.buffer_type = MYSQL_TYPE_LONGLONG
      unsafe bind.is_unsigned = shapes[index] == .unsignedInteger ? 1 : 0
      unsafe bind.buffer = UnsafeMutableRawPointer(integers + index)
      unsafe bind.buffer_length = 8
    case .decimal, .bytes:
      // Nothing is written with a length of 0, but the library wants an address.
      unsafe bind.buffer_type = MYSQL_TYPE_BLOB
      unsafe bind.buffer = UnsafeMutableRawPointer(integers + index)
      unsafe bind.buffer_length = 0
    }
    return unsafe bind
  }

  private static func name(_ field: MYSQL_FIELD) -> String {
    let name = unsafe UnsafeRawBufferPointer(start: field.name, count: Int(field.name_length))
    return unsafe String(decoding: name, as: UTF8.self)
  }

  private static func shape(_ field: MYSQL_FIELD) -> Shape? {
    switch unsafe field.type {
    case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG,
      MYSQL_TYPE_LONGLONG, MYSQL_TYPE_YEAR:
      unsafe field.flags & UInt32(UNSIGNED_FLAG) == 0 ? .integer : .unsignedInteger
    case MYSQL_TYPE_NEWDECIMAL:
      unsafe field.decimals == 0 ? .decimal : .bytes
    case MYSQL_TYPE_STRING, MYSQL_TYPE_VAR_STRING, MYSQL_TYPE_VARCHAR, MYSQL_TYPE_TINY_BLOB,
      MYSQL_TYPE_BLOB, MYSQL_TYPE_MEDIUM_BLOB, MYSQL_TYPE_LONG_BLOB, MYSQL_TYPE_NULL:
      .bytes
    default: nil
    }
  }
}
