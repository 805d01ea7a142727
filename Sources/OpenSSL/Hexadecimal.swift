/// The bytes as hexadecimal text, two digits for each.
package func hexadecimal(_ bytes: [UInt8], uppercase: Bool = false) -> String {
  let digits = Array((uppercase ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
  var text: [UInt8] = []
  text.reserveCapacity(2 * bytes.count)
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}
