/// Messages that quote a value, or a part of a statement: text that may be secret.
///
/// Found in MariaDB 10.11's list of messages; those that later releases add below 2000 were not looked
/// through. The other messages there quote names of the schema, accounts, hosts, files and variables,
/// and numbers: they tell an operator what to repair, and stay whole.
private let codesThatQuoteValues: Set<UInt32> = [
  1062, 1569, 1586, 1761, 1762,  // duplicates
  1064, 1149,  // a statement, near its fault
  1231, 1232, 1291, 1292, 1300, 1366, 1367, 1411, 1441, 1470, 1474, 1525, 1690, 1741, 1912,
  1916, 1917, 1918, 1977, 1978,  // values that do not fit, cannot be converted or set
  1105, 1139, 1188, 1236, 1296, 1297, 1407, 1627, 1644, 1710, 1711, 1769, 1939, 1984,
  1985,  // words of other programs, of triggers and patterns
]

/// Values and statements without quotation marks: nobody can tell where they begin.
private let codesWithBareValues: Set<UInt32> = [1526, 1676, 1863]

/// The range of the server's codes that were looked through in 10.11; of others anything may be quoted.
private let knownServerCodes: ClosedRange<UInt32> = 1000...1999

/// The client library's, whose words are of hosts, sockets and TLS.
private let clientCodes: ClosedRange<UInt32> = 2000...2099

/// The server's words without what they may quote of bound values.
///
/// `Duplicate entry '4200…' for key 'transaction_id'` becomes
/// `Duplicate entry '…' for key 'transaction_id'`. Everything from the first quotation mark to the
/// last goes, because a value may contain quotation marks itself. The apostrophe of `Can't` is none.
func withoutValues(_ text: String, code: UInt32) -> String {
  if clientCodes.contains(code) { return text }
  if codesWithBareValues.contains(code) { return "(its words quote values, and are left out)" }
  if knownServerCodes.contains(code), !codesThatQuoteValues.contains(code) { return text }
  let bytes = Array(text.utf8)
  guard let first = bytes.indices.first(where: { isQuotationMark(bytes, at: $0) }),
    let last = bytes.lastIndex(of: quote)
  else { return text }
  let head = String(decoding: bytes[..<first], as: UTF8.self)
  if code == 1062, let key = nameOfKey(bytes) { return "\(head)'…' for key '\(key)'" }
  // The server cuts its messages at 512 bytes; then the last mark may lie inside a value.
  guard first < last, bytes.count < 500 else { return "\(head)'…'" }
  return "\(head)'…'\(String(decoding: bytes[(last + 1)...], as: UTF8.self))"
}

private let quote = UInt8(ascii: "'")

/// Whether a quotation begins here, or an apostrophe stands between two letters of a word.
private func isQuotationMark(_ bytes: [UInt8], at index: Int) -> Bool {
  guard bytes[index] == quote else { return false }
  guard index > 0, index + 1 < bytes.count else { return true }
  return !(isLetter(bytes[index - 1]) && isLetter(bytes[index + 1]))
}

private func isLetter(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

/// The name between the last two quotation marks, where a duplicate's message ends with it.
private func nameOfKey(_ message: [UInt8]) -> String? {
  guard message.last == quote else { return nil }
  let name = message.dropLast().reversed().prefix { $0 != quote }.reversed()
  let isPlain = name.allSatisfy { byte in
    byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || isLetter(byte)
  }
  return isPlain && message.count < 500 ? String(decoding: name, as: UTF8.self) : nil
}
