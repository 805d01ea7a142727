/// How a fault corrupts a document that WeChat would have signed.
enum Corruption {
  /// Changes what is said; the signature that follows is right.
  static func falsify(_ message: inout Message, _ kind: Fault.Kind) {
    switch kind {
    case .wrongAppID: message["appid"] = "wx0000000000000000"
    case .wrongMchID: message["mch_id"] = "1000000000"
    case .wrongOutTradeNo: message["out_trade_no"] = "SOMEBODY-ELSES-ORDER"
    case .wrongTotalFee:
      let totalFee = message["total_fee"].flatMap { Int64($0) } ?? 0
      message["total_fee"] = String(totalFee + 1)
    case .unknownTradeState: message["trade_state"] = "HALFPAID"
    case .oversized: message.append(Field("padding", String(repeating: "0", count: 200 << 10)))
    case .delay, .delayAfter, .dropBefore, .dropAfter, .systemErrorBefore, .systemErrorAfter,
      .refuse, .html502, .html502After, .html200, .empty, .truncated, .documentType,
      .duplicateField, .wrongSignature, .missingSignature, .lose, .duplicate:
      break
    }
  }

  /// Breaks the signed document, and gives the bytes to send.
  static func document(of message: Message, _ kind: Fault.Kind?) -> [UInt8] {
    var message = message
    switch kind {
    case .wrongSignature:
      message["sign"] = message["sign"].map { ($0.first == "0" ? "1" : "0") + $0.dropFirst() }
    case .missingSignature:
      message["sign"] = nil
    case .duplicateField:
      if let field = message.fields.last { message.append(field) }
    case .truncated:
      let bytes = Array(message.document.utf8)
      return Array(bytes.prefix(bytes.count / 2))
    case .documentType:
      return Array(
        ("<!DOCTYPE xml [<!ENTITY file SYSTEM \"file:///etc/hostname\">]>\n" + message.document)
          .utf8)
    case .html200:
      return html
    case .empty:
      return []
    case .delay, .delayAfter, .dropBefore, .dropAfter, .systemErrorBefore, .systemErrorAfter,
      .refuse, .html502, .html502After, .oversized, .wrongAppID, .wrongMchID, .wrongOutTradeNo,
      .wrongTotalFee, .unknownTradeState, .lose, .duplicate, nil:
      break
    }
    return Array(message.document.utf8)
  }

  /// What a proxy on the way says when nobody answers it.
  static let html = Array(
    """
    <html>
    <head><title>502 Bad Gateway</title></head>
    <body>
    <center><h1>502 Bad Gateway</h1></center>
    <hr><center>nginx</center>
    </body>
    </html>

    """.utf8)
}
