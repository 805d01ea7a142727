package import Payments

/// A refund as a verified answer to refundquery (查询退款) reports it.
package struct RefundRecord: Sendable, Equatable {
  /// The merchant's number (商户退款单号). A refund that a person made on the merchant platform has
  /// one that WeChat chose.
  package let outRefundNo: OutRefundNo
  /// WeChat's number (微信退款单号).
  package let refundID: RefundID
  /// The amount applied for (退款金额), in terms of the order's total.
  package let amount: Fen
  package let status: RefundStatus
  /// When the buyer had the money; `nil` when WeChat does not say.
  package let succeededAt: BeijingTime?
  /// What a remade notification says of it beside.
  let details: Details

  /// What is only passed on, in WeChat's own words; `nil` where it says nothing.
  struct Details: Equatable {
    /// The order's total less the coupons that the merchant is not paid for (应结订单金额), in fen.
    let settlementTotal: String?
    /// The same of the amount (应结退款金额), in fen.
    let settlementAmount: String?
    /// Where it arrives (退款入账账户), for people: `支付用户零钱`, for instance.
    let receivingAccount: String?
    /// The merchant's account from which it is paid (退款资金来源).
    let account: String?
  }
}

extension RefundRecord {
  /// Reads the record with this index.
  init(_ fields: Fields, index: Int) throws(FieldRefusal) {
    outRefundNo = try fields.value("out_refund_no_\(index)", OutRefundNo.init)
    refundID = try fields.value("refund_id_\(index)", RefundID.init)
    amount = try fields.value("refund_fee_\(index)") { Fen(digits: $0) }
    status = try fields.value("refund_status_\(index)") {
      $0.isEmpty ? nil : RefundStatus(word: $0)
    }
    succeededAt = try fields.successTime("refund_success_time_\(index)")
    details = Details(fields, index: index)
  }
}

extension RefundRecord.Details {
  fileprivate init(_ fields: Fields, index: Int) {
    func text(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }
    settlementTotal = text("settlement_total_fee")
    settlementAmount = text("settlement_refund_fee_\(index)")
    // Spelled so by WeChat.
    receivingAccount = text("refund_recv_accout_\(index)")
    account = text("refund_account_\(index)")
  }
}

/// The refunds of a payment, as refundquery lists them.
package struct RefundList: Sendable, Equatable {
  package internal(set) var records: [RefundRecord] = []
  /// Refunds under numbers that cannot be ours, or of which anything that matters is missing or
  /// cannot be read, for a person to look at: at most 64 visible characters of the number, and what
  /// is wrong beside it.
  package internal(set) var unreadable: [String] = []
  /// What tells each refund from the others: WeChat's number, if it says one.
  var identities: [String] = []
}

extension RefundList {
  /// Reads the refund with this index; one that cannot be read hides no other.
  fileprivate mutating func read(_ fields: Fields, index: Int) throws(FieldRefusal) {
    let number = fields["out_refund_no_\(index)"] ?? ""
    let refundID = fields["refund_id_\(index)"] ?? ""
    do throws(FieldRefusal) {
      records.append(try RefundRecord(fields, index: index))
    } catch {
      let name = number.isEmpty ? refundID : number
      guard !name.isEmpty else { throw error }
      // Without the index: the same refund has another place in the next list.
      let field = error.name.dropLast("_\(index)".count)
      unreadable.append(
        name.visible(64)
          + (number.isEmpty || OutRefundNo(number) != nil ? " (\(field) cannot be used)" : ""))
    }
    identities.append(refundID.isEmpty ? number : refundID)
  }
}

/// One answer to refundquery: up to `size` refunds of an order.
struct RefundPage {
  static let size = 10

  var list = RefundList()
  /// How many refunds it holds.
  var count: Int { list.records.count + list.unreadable.count }
  /// How many refunds the order has; `nil` when WeChat does not say.
  let total: Int?
}

extension RefundPage {
  /// - Throws: `WeChatPayError` when the answer is about another order, or does not hold as many
  ///   refunds as it says.
  init(_ fields: Fields, of outTradeNo: OutTradeNo) throws(WeChatPayError) {
    do throws(FieldRefusal) {
      let answered = try fields.value("out_trade_no", OutTradeNo.init)
      guard answered == outTradeNo else { throw FieldRefusal(name: "out_trade_no") }
      let count = try fields.value("refund_count") { Self.number($0) }
      total =
        switch fields["total_refund_count"] {
        case nil, "": nil
        default: try fields.value("total_refund_count") { Self.number($0) }
        }
      for index in 0..<count { try list.read(fields, index: index) }
    } catch {
      throw WeChatPayError(
        .refundQuery, wasSent: true, "the answer cannot be used: expected \(error.name)")
    }
  }

  /// 0 to 99: an order has up to 50 refunds.
  private static func number(_ text: String) -> Int? {
    guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit) else { return nil }
    return Int(text)
  }
}

extension String {
  /// The beginning, with a `?` for each character that a terminal or a person's eye may misread.
  fileprivate func visible(_ count: Int) -> String {
    String(prefix(count).map { $0.isASCII && $0.utf8.allSatisfy(\.isGraphic) ? $0 : "?" })
  }
}

extension Fields {
  /// A time of a refund, `yyyy-MM-dd HH:mm:ss`; missing or empty unless the refund succeeded.
  func successTime(_ name: String) throws(FieldRefusal) -> BeijingTime? {
    switch self[name] {
    case nil, "": nil
    default: try value(name) { BeijingTime(spaced: $0) }
    }
  }
}

extension BeijingTime {
  /// `yyyy-MM-dd HH:mm:ss`, the form of refunds.
  var spaced: String {
    let text = rfc3339
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
  }

  /// Reads `yyyy-MM-dd HH:mm:ss`.
  fileprivate init?(spaced text: String) {
    let separators: [Int: UInt8] = [
      4: UInt8(ascii: "-"), 7: UInt8(ascii: "-"), 10: UInt8(ascii: " "), 13: UInt8(ascii: ":"),
      16: UInt8(ascii: ":"),
    ]
    let bytes = Array(text.utf8)
    guard bytes.count == 19, separators.allSatisfy({ bytes[$0] == $1 }) else { return nil }
    let digits = bytes.indices.filter { separators[$0] == nil }.map { bytes[$0] }
    self.init(compact: String(decoding: digits, as: UTF8.self))
  }
}
