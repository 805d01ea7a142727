/// How a fault corrupts a document that WeChat would have signed.
enum Corruption {
  /// Changes what is said; the signature that follows is right.
  static func falsify(_ message: inout Message, _ kind: Fault.Kind) {
    switch kind {
    case .wrongAppID: message["appid"] = "wx0000000000000000"
    case .wrongMchID: message["mch_id"] = "1000000000"
    case .wrongOutTradeNo: message["out_trade_no"] = "SOMEBODY-ELSES-ORDER"
    case .wrongTotalFee: raise("total_fee", in: &message)
    case .wrongOutRefundNo:
      message[name("out_refund_no", in: message)] = "SOMEBODY-ELSES-REFUND"
    case .wrongRefundFee: raise(name("refund_fee", in: message), in: &message)
    case .unknownTradeState: message["trade_state"] = "HALFPAID"
    case .unknownRefundStatus: message[name("refund_status", in: message)] = "HALFWAY"
    case .oversized: message.append(Field("padding", String(repeating: "0", count: 200 << 10)))
    case .delay, .delayAfter, .dropBefore, .dropAfter, .systemErrorBefore, .systemErrorAfter,
      .refuse, .refuseAfter, .html502, .html502After, .html200, .empty, .truncated, .documentType,
      .duplicateField, .wrongSignature, .missingSignature, .lose, .duplicate:
      break
    }
  }

  /// The name of a refund's field: `refundquery` numbers its records, of which the first is meant.
  private static func name(_ name: String, in message: Message) -> String {
    message[name + "_0"] == nil ? name : name + "_0"
  }

  private static func raise(_ name: String, in message: inout Message) {
    let amount = message[name].flatMap { Int64($0) } ?? 0
    message[name] = String(amount + 1)
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
      .refuse, .refuseAfter, .html502, .html502After, .oversized, .wrongAppID, .wrongMchID,
      .wrongOutTradeNo, .wrongTotalFee, .wrongOutRefundNo, .wrongRefundFee, .unknownTradeState,
      .unknownRefundStatus, .lose, .duplicate, nil:
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
