extension Message {
  /// The document as WeChat writes it: one field a line, text in CDATA, amounts bare.
  var document: String { document(root: "xml") }

  func document(root: String) -> String {
    "<\(root)>" + fields.map(Self.element).joined(separator: "\n") + "\n</\(root)>"
  }

  private static func element(_ field: Field) -> String {
    guard !bareFields.contains(field.name) else {
      return "<\(field.name)>\(field.value)</\(field.name)>"
    }
    // A CDATA section cannot hold its own end: it is cut in two there.
    var pieces = field.value.split(separator: "]]>", omittingEmptySubsequences: false)[...]
    let first = pieces.popFirst() ?? ""
    let text = pieces.reduce(String(first)) { $0 + "]]]]><![CDATA[>" + $1 }
    return "<\(field.name)><![CDATA[\(text)]]></\(field.name)>"
  }

  /// Recordings of WeChat's messages show these without CDATA; both forms mean the same.
  private static let bareFields: Set<String> = ["total_fee", "coupon_fee", "coupon_count"]
}
