import Server

/// Something that happened to refunds at WeChat, as a line of the journal tells it.
enum RefundEvent: Equatable, Sendable {
  /// A refund request arrived, whatever became of it.
  case sent(Transmission)
  case complained(Complaint)
  case accepted(Refund)
  case finished(String, RefundStatus)
  case notified(String, Refund.Announcement)
  case notificationLost(String)
  case planned(RefundPlan)
  case balanceSet(Int64?)
  case spacingSet(seconds: Int64)
  case notifyURLSet(String?)
}

extension RefundEvent {
  var json: JSON {
    switch self {
    case .sent(let transmission):
      (["event": "refund_sent"] as JSON).followed(by: transmission.json)
    case .complained(let complaint):
      (["event": "complaint"] as JSON).followed(by: complaint.json)
    case .accepted(let refund):
      (["event": "refund_accepted"] as JSON).followed(by: refund.json)
    case .finished(let outRefundNo, let status):
      [
        "event": "refund_finished", "out_refund_no": .string(outRefundNo),
        "refund_status": .string(status.rawValue),
      ]
    case .notified(let outRefundNo, let announcement):
      (["event": "refund_notified", "out_refund_no": .string(outRefundNo)] as JSON)
        .followed(by: announcement.json)
    case .notificationLost(let outRefundNo):
      ["event": "refund_notification_lost", "out_refund_no": .string(outRefundNo)]
    case .planned(let plan):
      (["event": "refund_outcome_set"] as JSON).followed(by: plan.json)
    case .balanceSet(let fen): ["event": "balance_set", "fen": JSON(fen)]
    case .spacingSet(let seconds): ["event": "refund_spacing_set", "seconds": JSON(seconds)]
    case .notifyURLSet(let url): ["event": "refund_notify_url_set", "url": JSON(url)]
    }
  }

  /// Nil when the line tells nothing about refunds.
  init?(_ line: JSON) {
    let number = line["out_refund_no"]?.string
    switch line["event"]?.string {
    case "refund_sent":
      guard let transmission = Transmission(line) else { return nil }
      self = .sent(transmission)
    case "complaint":
      guard let complaint = Complaint(line) else { return nil }
      self = .complained(complaint)
    case "refund_accepted":
      guard let refund = Refund(line) else { return nil }
      self = .accepted(refund)
    case "refund_finished":
      guard let number, let word = line["refund_status"]?.string,
        let status = RefundStatus(rawValue: word)
      else { return nil }
      self = .finished(number, status)
    case "refund_notified":
      guard let number, let announcement = Refund.Announcement(line) else { return nil }
      self = .notified(number, announcement)
    case "refund_notification_lost":
      guard let number else { return nil }
      self = .notificationLost(number)
    case "refund_outcome_set":
      guard let plan = RefundPlan(line) else { return nil }
      self = .planned(plan)
    case "balance_set": self = .balanceSet(line["fen"]?.integer)
    case "refund_spacing_set":
      guard let seconds = line["seconds"]?.integer else { return nil }
      self = .spacingSet(seconds: seconds)
    case "refund_notify_url_set": self = .notifyURLSet(line["url"]?.string)
    default: return nil
    }
  }
}
