import Server

// How refunds and what belongs to them stand in a line of the journal.

extension Refund {
  /// The refund as it was accepted; what came of it is in later lines.
  var json: JSON {
    [
      "out_refund_no": .string(outRefundNo), "refund_id": .string(refundID),
      "out_trade_no": .string(outTradeNo), "transaction_id": .string(transactionID),
      "refund_fee": JSON(fee), "total_fee": JSON(totalFee),
      "refund_request_source": .string(source.rawValue), "notify_url": JSON(notifyURL),
      "accepted_at": JSON(acceptedAt), "ends_at": JSON(ending?.at),
      "ends_with": JSON(ending?.status.rawValue), "parameters": JSON(fields: parameters),
    ]
  }

  init?(_ line: JSON) {
    guard let outRefundNo = line["out_refund_no"]?.string, let refundID = line["refund_id"]?.string,
      let outTradeNo = line["out_trade_no"]?.string,
      let transactionID = line["transaction_id"]?.string, let fee = line["refund_fee"]?.integer,
      let totalFee = line["total_fee"]?.integer,
      let source = line["refund_request_source"]?.string.flatMap(Source.init),
      let acceptedAt = line["accepted_at"]?.integer, let parameters = line["parameters"]?.fields
    else { return nil }
    var ending: Ending?
    if let at = line["ends_at"]?.integer {
      guard let status = line["ends_with"]?.string.flatMap(RefundStatus.init) else { return nil }
      ending = Ending(status: status, at: at)
    }
    self.init(
      outRefundNo: outRefundNo, refundID: refundID, outTradeNo: outTradeNo,
      transactionID: transactionID, fee: fee, totalFee: totalFee, source: source,
      parameters: parameters, notifyURL: line["notify_url"]?.string, acceptedAt: acceptedAt,
      ending: ending)
  }
}

extension Refund.Announcement {
  var json: JSON {
    (["refund_status": .string(status.rawValue)] as JSON).followed(by: attempt.json)
  }

  init?(_ line: JSON) {
    guard let status = line["refund_status"]?.string.flatMap(RefundStatus.init),
      let attempt = NotificationAttempt(line)
    else { return nil }
    self.init(status: status, attempt: attempt)
  }
}

extension Transmission {
  var json: JSON {
    [
      "out_refund_no": .string(outRefundNo), "signed": .bool(isSigned),
      "parameters": JSON(fields: parameters),
    ]
  }

  init?(_ line: JSON) {
    guard let outRefundNo = line["out_refund_no"]?.string, let isSigned = line["signed"]?.bool,
      let parameters = line["parameters"]?.fields
    else { return nil }
    self.init(outRefundNo: outRefundNo, isSigned: isSigned, parameters: parameters)
  }
}

extension Complaint {
  private static let name = "TRANSMISSIONS_DIFFER"

  var json: JSON {
    [
      "complaint": .string(Self.name), "out_refund_no": .string(outRefundNo),
      "transmission": JSON(Int64(transmission)),
      "differing": .array(differing.map { .string($0) }),
    ]
  }

  init?(_ line: JSON) {
    guard line["complaint"]?.string == Self.name, let outRefundNo = line["out_refund_no"]?.string,
      let transmission = line["transmission"]?.integer, let differing = line["differing"]?.array
    else { return nil }
    self.init(
      outRefundNo: outRefundNo, transmission: Int(transmission),
      differing: differing.compactMap(\.string))
  }
}

extension RefundPlan {
  var json: JSON {
    var outRefundNo: String?
    var outTradeNo: String?
    switch scope {
    case .refund(let number): outRefundNo = number
    case .order(let number): outTradeNo = number
    case .everything: break
    }
    return [
      "outcome": .string(outcome.rawValue), "milliseconds": JSON(milliseconds),
      "out_refund_no": JSON(outRefundNo), "out_trade_no": JSON(outTradeNo),
    ]
  }

  init?(_ line: JSON) {
    guard let outcome = line["outcome"]?.string.flatMap(RefundOutcome.init),
      let milliseconds = line["milliseconds"]?.integer
    else { return nil }
    let scope: Scope =
      if let number = line["out_refund_no"]?.string {
        .refund(outRefundNo: number)
      } else if let number = line["out_trade_no"]?.string {
        .order(outTradeNo: number)
      } else {
        .everything
      }
    self.init(scope: scope, outcome: outcome, milliseconds: milliseconds)
  }
}
