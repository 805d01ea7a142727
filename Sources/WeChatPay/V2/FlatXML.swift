/// WeChat's dialect of XML: one root element, below it elements that hold text.
///
/// Everything else that XML offers is refused, because all known attacks on payment
/// notifications live there. Source: WeChat Pay's advisory of July 2018,
/// 关于XML解析存在的安全问题指引.
package enum FlatXML {
  /// The longest message read, in bytes.
  package static let maximumBytes = 65_536

  /// The most fields read. Each coupon adds three fields, so that a genuine notification of an
  /// order paid with 15 of them has more than 64 already: a low limit would refuse paid money.
  package static let maximumFields = 200

  /// Reads a message.
  ///
  /// Values are not trimmed. Line ends are: as XML 1.0 (§2.11) demands, CR LF and CR become LF,
  /// inside CDATA too. WeChat has read our own values by the same rule before it signed them, and
  /// every other reader sees the same text; a CR that is meant stands as `&#13;`.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8; an XML declaration may stand at its very beginning, a byte order mark not.
  ///   - root: the only root element accepted; `root` inside `req_info`.
  /// - Throws: `XMLRefusal` for anything else than the dialect. Takes time in proportion to the
  ///   length, opens no file and no connection.
  package static func read(_ bytes: [UInt8], root: String = "xml") throws(XMLRefusal) -> Fields {
    guard bytes.count <= maximumBytes else { throw .tooLong }
    var scanner = try XMLScanner(bytes)
    scanner.skipDeclaration()
    scanner.skipWhiteSpace()
    let (name, isEmpty) = try scanner.startTag()
    guard name == root else { throw .otherRoot }
    let fields = isEmpty ? Fields() : try children(of: root, &scanner)
    scanner.skipWhiteSpace()
    guard scanner.isAtEnd else { throw .trailingBytes }
    return fields
  }

  private static func children(
    of root: String, _ scanner: inout XMLScanner
  ) throws(XMLRefusal) -> Fields {
    var fields = Fields()
    while true {
      scanner.skipWhiteSpace()
      if scanner.isAtEndTag {
        try scanner.endTag(root)
        return fields
      }
      let (name, isEmpty) = try scanner.startTag()
      let value = isEmpty ? "" : try scanner.text()
      if !isEmpty { try scanner.endTag(name) }
      guard fields.count < maximumFields else { throw .tooManyFields }
      guard fields.append(name, value) else { throw .duplicate(name) }
    }
  }

  /// Writes a message, fields in their order, each value in CDATA.
  ///
  /// `read` of the result gives the same fields. A character that XML 1.0 does not have cannot be
  /// written; whoever makes a value from outside text refuses it there (`Description`,
  /// `UnifiedOrder`).
  package static func write(_ fields: Fields, root: String = "xml") -> [UInt8] {
    var text = "<\(root)>"
    for (name, value) in fields { text += "<\(name)>\(characterData(value))</\(name)>" }
    return Array((text + "</\(root)>").utf8)
  }

  private static func characterData(_ value: String) -> String {
    var text = "<![CDATA["
    var brackets = 0
    for scalar in value.unicodeScalars {
      switch scalar {
      // Inside CDATA a reader would turn it into LF.
      case "\r": text += "]]>&#13;<![CDATA["
      // `]]>` would end the section; it is split over two.
      case ">" where brackets >= 2: text += "]]><![CDATA[>"
      default: text.unicodeScalars.append(scalar)
      }
      brackets = scalar == "]" ? brackets + 1 : 0
    }
    return text + "]]>"
  }
}
