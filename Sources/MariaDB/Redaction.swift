/// Messages whose quoted parts are names of the schema, accounts, hosts or files, never values:
/// they tell an operator what to repair.
private let codesThatQuoteNames: Set<UInt32> = [
  1044,  // access denied for user … to database …
  1045,  // access denied for user …
  1046, 1048, 1049,  // no database selected, column cannot be null, unknown database
  1050, 1051, 1052, 1054, 1060, 1061, 1091,  // tables, columns and keys that exist or do not
  1130,  // host … is not allowed
  1136, 1142, 1143, 1146, 1193, 1227,  // privileges, unknown tables and variables
  1264, 1265, 1364, 1406,  // a value does not fit column …
  1451, 1452, 4025,  // foreign keys, constraints
  2002, 2003, 2005, 2026,  // sockets and hosts of a connection, TLS
]

/// The server's words without what they may quote of bound values.
///
/// `Duplicate entry '4200…' for key 'transaction_id'` becomes
/// `Duplicate entry '…' for key 'transaction_id'`. Everything from the first quotation mark to the
/// last goes, because a value may contain quotation marks itself.
func withoutValues(_ text: String, code: UInt32) -> String {
  if codesThatQuoteNames.contains(code) { return text }
  let bytes = Array(text.utf8)
  let quote = UInt8(ascii: "'")
  guard let first = bytes.firstIndex(of: quote), let last = bytes.lastIndex(of: quote) else {
    return text
  }
  let head = String(decoding: bytes[..<first], as: UTF8.self)
  if code == 1062, let key = nameOfKey(bytes) { return "\(head)'…' for key '\(key)'" }
  // The server cuts its messages at 512 bytes; then the last mark may lie inside a value.
  guard first < last, bytes.count < 500 else { return "\(head)'…'" }
  return "\(head)'…'\(String(decoding: bytes[(last + 1)...], as: UTF8.self))"
}

/// The name between the last two quotation marks, where a duplicate's message ends with it.
private func nameOfKey(_ message: [UInt8]) -> String? {
  guard message.last == UInt8(ascii: "'") else { return nil }
  let name = message.dropLast().reversed().prefix { $0 != UInt8(ascii: "'") }.reversed()
  let isPlain = name.allSatisfy { byte in
    byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
  return isPlain && message.count < 500 ? String(decoding: name, as: UTF8.self) : nil
}
