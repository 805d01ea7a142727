import Server

/// A look into WeChat's books about refunds. Times are microseconds since 1970.
extension Control {
  /// All refunds or those of `?out_trade_no=`, oldest first.
  func listRefunds(_ request: ControlRequest) throws -> JSON {
    // A change, so that refunds whose time has come have ended.
    let refunds = try book.change { ledger, _ in
      let found =
        request.query["out_trade_no"].map { ledger.refunds.refunds(outTradeNo: $0) }
        ?? ledger.refunds.numbers.compactMap { ledger.refunds.byNumber[$0] }
      return (found.map { Self.summary(of: $0, ledger.refunds) }, [])
    }
    return ["refunds": .array(refunds)]
  }

  private static func summary(of refund: Refund, _ refunds: Refunds) -> JSON {
    let transmissions = refunds.transmissionCount(outRefundNo: refund.outRefundNo)
    return [
      "out_refund_no": .string(refund.outRefundNo), "refund_id": .string(refund.refundID),
      "out_trade_no": .string(refund.outTradeNo), "transaction_id": .string(refund.transactionID),
      "refund_fee": JSON(refund.fee), "refund_status": .string(refund.status.rawValue),
      "refund_request_source": .string(refund.source.rawValue),
      "accepted_at": JSON(refund.acceptedAt), "finished_at": JSON(refund.finishedAt),
      "notify_url": JSON(refund.notifyURL), "transmissions": JSON(Int64(transmissions)),
      "notifications_sent": JSON(Int64(refund.announcements.count)),
      "acked": .bool(refund.isAcknowledged),
    ]
  }

  /// What arrived at `refund`, all or of `?out_refund_no=`, in the order of arrival.
  func listTransmissions(_ request: ControlRequest) throws -> JSON {
    let wanted = request.query["out_refund_no"]
    let transmissions = book.read { ledger, _ in
      ledger.refunds.transmissions
        .filter { wanted == nil || $0.transmission.outRefundNo == wanted }
    }
    return [
      "transmissions": .array(
        transmissions.map { (["at": JSON($0.at)] as JSON).followed(by: $0.transmission.json) })
    ]
  }

  /// Every pair of transmissions that differ; empty is how it should be.
  func listComplaints(_ request: ControlRequest) throws -> JSON {
    book.read { ledger, _ in
      [
        "complaints": .array(
          ledger.refunds.complaints.map {
            (["at": JSON($0.at)] as JSON).followed(by: $0.complaint.json)
          })
      ]
    }
  }

  /// Scheduled deliveries about all refunds or `?out_refund_no=`, oldest first.
  func listRefundNotifications(_ request: ControlRequest) throws -> JSON {
    let wanted = request.query["out_refund_no"]
    let refunds = book.read { ledger, _ in
      ledger.refunds.byNumber.values.filter { wanted == nil || $0.outRefundNo == wanted }
    }
    let deliveries = refunds.flatMap { refund in
      refund.announcements.map { (announcement: $0, outRefundNo: refund.outRefundNo) }
    }
    return [
      "notifications": .array(
        deliveries.sorted { $0.announcement.attempt.at < $1.announcement.attempt.at }
          .map { Self.json(of: $0.announcement, $0.outRefundNo) })
    ]
  }

  private static func json(of announcement: Refund.Announcement, _ outRefundNo: String) -> JSON {
    let attempt = announcement.attempt
    return [
      "at": JSON(attempt.at), "out_refund_no": .string(outRefundNo),
      "refund_status": .string(announcement.status.rawValue),
      "attempt": JSON(Int64(attempt.number)), "status": JSON(Int64(attempt.status)),
      "reply": .string(attempt.reply), "acked": .bool(attempt.isAcknowledged),
    ]
  }
}
