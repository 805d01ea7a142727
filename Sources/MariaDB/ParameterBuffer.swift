import CMariaDB

/// The values of one execution, laid out in memory that stays where it is until the library has
/// sent them.
@safe struct ParameterBuffer: ~Copyable {
  /// One entry per value, for `mysql_stmt_bind_param`.
  let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
  private let bytes: UnsafeMutableRawBufferPointer

  init(_ values: [Value]) {
    unsafe binds = .allocate(capacity: values.count)
    let size = values.reduce(0) { $0 + $1.size }
    unsafe bytes = .allocate(byteCount: max(size, 1), alignment: 8)
    var offset = 0
    for (index, value) in values.enumerated() {
      let size = value.size
      let place = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + size])
      unsafe value.copy(to: place)
      var bind = unsafe MYSQL_BIND()
      unsafe bind.buffer_type = value.type
      // An empty value still needs an address.
      unsafe bind.buffer = place.baseAddress ?? bytes.baseAddress
      unsafe bind.buffer_length = UInt(size)
      unsafe (binds.baseAddress! + index).initialize(to: bind)
      offset += size
    }
  }

  deinit {
    unsafe binds.deallocate()
    unsafe bytes.deallocate()
  }
}

extension Value {
  fileprivate var type: enum_field_types {
    switch self {
    case .null: MYSQL_TYPE_NULL
    case .integer: MYSQL_TYPE_LONGLONG
    case .text: MYSQL_TYPE_STRING
    case .bytes: MYSQL_TYPE_BLOB
    }
  }

  fileprivate var size: Int {
    switch self {
    case .null: 0
    case .integer: 8
    case .text(let text): text.utf8.count
    case .bytes(let bytes): bytes.count
    }
  }

  fileprivate func copy(to place: UnsafeMutableRawBufferPointer) {
    switch self {
    case .null: break
    case .integer(let integer): unsafe place.storeBytes(of: integer, as: Int64.self)
    case .text(let text): unsafe place.copyBytes(from: text.utf8)
    case .bytes(let bytes): unsafe place.copyBytes(from: bytes)
    }
  }
}
