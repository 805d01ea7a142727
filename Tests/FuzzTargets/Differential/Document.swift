import TestSupport
import WeChatPay

/// Random documents: WeChat's dialect, with faults in about half of them.
enum Document {
  static func random(using random: inout SplitMix64) -> [UInt8] {
    var bytes: [UInt8] = []
    func maybe(_ chance: Int) -> Bool { Int.random(in: 0..<chance, using: &random) == 0 }
    func one(_ pieces: [String]) -> [UInt8] { Array(pieces.randomElement(using: &random)!.utf8) }

    if maybe(6) { bytes += one(declarations) }
    if maybe(3) { bytes += one(spaces) }
    bytes += maybe(60) ? one(rarities) : Array("<xml>".utf8)
    for number in 0..<Int.random(in: 0..<12, using: &random) {
      if maybe(3) { bytes += one(spaces) }
      let name = maybe(50) ? one(names) : Array("f\(number)".utf8)
      if maybe(25) {
        bytes += Array("<".utf8) + name + Array("/>".utf8)
        continue
      }
      bytes += Array("<".utf8) + name + (maybe(20) ? one(spaces) : []) + Array(">".utf8)
      for _ in 0..<Int.random(in: 0..<5, using: &random) {
        bytes += maybe(300) ? one(rarities) : one(texts)
      }
      bytes += Array("</".utf8) + name + Array(">".utf8)
    }
    bytes += Array("</xml>".utf8)
    if maybe(3) { bytes += one(spaces) }
    if maybe(3) { mutate(&bytes, using: &random) }
    return bytes
  }

  private static func mutate(_ bytes: inout [UInt8], using random: inout SplitMix64) {
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
      let place = bytes.indices.randomElement(using: &random)!
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[place] = .random(in: 0...255, using: &random)
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(contentsOf: texts.randomElement(using: &random)!.utf8, at: place)
      case 4: bytes.insert(contentsOf: rarities.randomElement(using: &random)!.utf8, at: place)
      default:
        let length = Int.random(in: 1...20, using: &random)
        bytes.insert(contentsOf: bytes[place...].prefix(length), at: place)
      }
    }
  }

  private static let declarations = [
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?xml version='1.0'?>\n",
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n",
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>", "<?xml version=\"1.1\"?>",
    "\u{FEFF}", "<?xml version=\"1.0\" encoding=\"GBK\"?>",
  ]
  private static let spaces = [" ", "\n", "\r\n", "\t", "\r", "  \n ", "\u{85}", "\u{A0}"]
  private static let names = [
    "sign", "total_fee", "a", "_x", "Z9", "f1", "xml", "xmlns", "1a", "a-b", "a:b", "金", "é",
    "n23456789012345678901234567890123456789012345678901234567890123",
  ]
  private static let texts = [
    "SUCCESS", "1", "0", " ", "支付", "é", "e\u{301}", "😀", "\n", "\r\n", "\r", "\t", "]]", ">",
    "]", "\"", "'", "=", "&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#10;", "&#13;", "&#x4e2d;",
    "&#128512;", "&#x10FFFF;", "&#9;", "<![CDATA[x]]>", "<![CDATA[]]>", "<![CDATA[<a>&amp;]]>",
    "<![CDATA[支付\r\n]]>", "<![CDATA[]]]]><![CDATA[>]]>", "<![CDATA[ ]]>", "\u{7F}", "\u{85}",
    "\u{2028}", "\u{FFFD}", "\u{E000}", "\u{200B}",
  ]
  private static let rarities = [
    "]]>", "<!-- c -->", "<?p i?>", "<!DOCTYPE x>", "<!DOCTYPE x [<!ENTITY e \"v\">]>", "&e;", "&",
    "<", "</xml>", "<xml>", "<xml a='1'>", "<root>", "<b>", "</b>", "<b/>", "\u{0}", "\u{1}",
    "\u{FFFE}", "\u{FFFF}", "&#0;", "&#xD800;", "&#xFFFF;", "&#x110000;", "&#;", "&#x;",
    "&#00000000065;", "&#065;", "<![CDATA[", "xmlns=\"urn:x\"", "\u{FEFF}",
  ]
}

/// Random messages to sign.
enum Message {
  static func key(using random: inout SplitMix64) -> String {
    let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    // HMAC treats keys of more than 64 bytes in another way.
    let length = [1, 32, 32, 32, 64, 65, 100].randomElement(using: &random)!
    return String((0..<length).map { _ in alphabet.randomElement(using: &random)! })
  }

  static func random(using random: inout SplitMix64) -> Fields {
    var fields = Fields()
    for _ in 0..<Int.random(in: 0..<16, using: &random) {
      let length = Int.random(in: 1..<8, using: &random)
      let name = String(
        (0..<length).map { _ in Array("aAbZ_019coupn").randomElement(using: &random)! })
      fields[name] = (0..<Int.random(in: 0..<5, using: &random))
        .map { _ in values.randomElement(using: &random)! }.joined()
    }
    if Bool.random(using: &random) { fields["sign"] = "anything" }
    return fields
  }

  private static let values = [
    "0", "1", " ", "&", "=", "a", "&key=", "支付", "😀", "é", "e\u{301}", "\n", "<xml>",
    "0123456789012345678901234567890123456789012345678901234567890123456789",
  ]
}
