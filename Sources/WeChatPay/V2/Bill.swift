/// A bill as WeChat delivers it (对账单, 资金账单): a table, and one line of sums.
///
/// Columns are found by name: their number and order depend on the kind of bill and on its age.
/// Amounts are in yuan (`Fen(yuan:)`). Source: WeChat Pay APIv2, 下载交易账单, 下载资金账单.
package struct Bill: Sendable {
  /// The names of the columns, in the order of the file.
  package let columns: [String]
  /// One for each trade or movement of money, in the order of the file.
  package let rows: [Row]
  /// The sums, under columns of their own.
  package let summary: Row

  /// One line of values, in the order of its columns.
  package struct Row: Sendable {
    package let columns: [String]
    package let values: [String]

    /// - Returns: `nil` when the bill has no such column.
    package subscript(column: String) -> String? {
      columns.firstIndex(of: column).map { values[$0] }
    }
  }

  /// Reads the answer to downloadbill or downloadfundflow.
  ///
  /// - Throws: `BillRefusal`; `failure` carries WeChat's reason for not delivering a bill.
  package init(_ answer: [UInt8]) throws(BillRefusal) {
    guard !answer.starts(with: [0x1F, 0x8B]) else { throw .compressed }
    guard let whole = String(validating: answer, as: UTF8.self) else { throw .notUTF8 }
    let text = Self.trimmed(whole[...].unicodeScalars, also: "\u{FEFF}")
    guard !text.hasPrefix("<xml") else { throw Self.failure(text) }
    var lines = text.unicodeScalars.split(separator: "\n").map { Self.trimmed($0) }
      .filter { !$0.isEmpty }[...]
    columns = try Self.header(lines.popFirst())
    var rows: [Row] = []
    while lines.first?.first == "`", let line = lines.popFirst() {
      rows.append(try Self.row(line, columns))
    }
    self.rows = rows
    let sums = try Self.header(lines.popFirst())
    guard let line = lines.popFirst(), lines.isEmpty else { throw .layout }
    summary = try Self.row(line, sums)
  }

  private static func header(_ line: String?) throws(BillRefusal) -> [String] {
    guard let line, line.first != "`" else { throw .layout }
    return line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  /// Each value begins with a backtick, because a product's name may hold commas.
  private static func row(_ line: String, _ columns: [String]) throws(BillRefusal) -> Row {
    guard line.first == "`" else { throw .layout }
    var values = [""]
    var rest = line.dropFirst()
    while let character = rest.popFirst() {
      if character == ",", rest.first == "`" {
        rest.removeFirst()
        values.append("")
      } else {
        values[values.count - 1].append(character)
      }
    }
    guard values.count == columns.count else { throw .layout }
    return Row(columns: columns, values: values)
  }

  private static func failure(_ text: String) -> BillRefusal {
    do {
      let fields = try FlatXML.read(Array(text.utf8))
      return .failure(
        message: fields["return_msg"] ?? "", code: fields["error_code"] ?? fields["err_code"])
    } catch {
      return .layout
    }
  }

  /// Without white space and carriage returns at both ends; Swift counts CR LF as one character,
  /// hence scalars.
  private static func trimmed(
    _ line: Substring.UnicodeScalarView, also: Unicode.Scalar? = nil
  ) -> String {
    let isOutside = { (scalar: Unicode.Scalar) in
      " \t\r\n".unicodeScalars.contains(scalar) || scalar == also
    }
    let inside = line.drop(while: isOutside)
    let last = inside.lastIndex { !isOutside($0) }
    return String(Substring(last.map { inside[...$0] } ?? inside))
  }
}

/// Why there is no bill to read.
package enum BillRefusal: Error, Sendable, Equatable {
  /// WeChat delivered none; `code` is `error_code`. `No Bill Exist` means a day without trade.
  case failure(message: String, code: String?)
  /// gzip, which was not asked for.
  case compressed
  case notUTF8
  /// A line has not as many values as its header has columns, or header or sums are missing.
  case layout

  /// Whether the day had no trade: the bill is empty. WeChat varies the case of the words.
  package var isEmptyDay: Bool {
    switch self {
    case .failure(let message, _): message.lowercased() == "no bill exist"
    case .compressed, .notUTF8, .layout: false
    }
  }
}

extension BillRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .failure(let message, let code):
      "WeChat delivered no bill: \(message)\(code.map { " (\($0))" } ?? "")"
    case .compressed: "the bill is compressed, which was not asked for"
    case .notUTF8: "the bill is not UTF-8"
    case .layout: "the bill has another layout than expected"
    }
  }
}
