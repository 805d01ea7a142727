/// One row of a result, read by the names of its columns.
///
/// A name is compared exactly. Every reader throws a `MariaDBError` of kind `decoding` when there is
/// no such column, when the column is of another type, and, unless the reader is an optional one,
/// when it is NULL.
package struct Row: Sendable {
  private let columns: [String]
  private let values: [Value]

  init(columns: [String], values: [Value]) {
    self.columns = columns
    self.values = values
  }

  /// An integer column of any width, or a decimal one without fraction such as `SUM` gives.
  package func integer(_ column: String) throws(MariaDBError) -> Int64 {
    try require(optionalInteger(column), column)
  }

  /// As `integer`; `nil` for NULL.
  package func optionalInteger(_ column: String) throws(MariaDBError) -> Int64? {
    switch try value(column) {
    case .null: return nil
    case .integer(let integer): return integer
    case .text, .bytes: throw .decoding("column \(column) is not an integer")
    }
  }

  /// A text column; also thrown for: bytes that are not UTF-8.
  package func text(_ column: String) throws(MariaDBError) -> String {
    try require(optionalText(column), column)
  }

  /// As `text`; `nil` for NULL.
  package func optionalText(_ column: String) throws(MariaDBError) -> String? {
    guard let bytes = try optionalBytes(column) else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .decoding("column \(column) is not UTF-8")
    }
    return text
  }

  /// The bytes of a binary or text column.
  package func bytes(_ column: String) throws(MariaDBError) -> [UInt8] {
    try require(optionalBytes(column), column)
  }

  /// As `bytes`; `nil` for NULL.
  package func optionalBytes(_ column: String) throws(MariaDBError) -> [UInt8]? {
    switch try value(column) {
    case .null: return nil
    case .bytes(let bytes): return bytes
    case .text(let text): return Array(text.utf8)
    case .integer: throw .decoding("column \(column) is an integer")
    }
  }

  private func value(_ column: String) throws(MariaDBError) -> Value {
    guard let index = columns.firstIndex(of: column) else {
      throw .decoding("the result has no column \(column)")
    }
    return values[index]
  }

  private func require<Result>(
    _ value: Result?, _ column: String
  ) throws(MariaDBError) -> Result {
    guard let value else { throw .decoding("column \(column) is NULL") }
    return value
  }
}
