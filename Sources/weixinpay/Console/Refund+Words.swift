import Payments

extension Refund {
  /// What has to happen next, for a person.
  var next: String {
    switch (state, wait) {
    case (.applied, _): "waits for the merchant to approve or reject it"
    case (.awaitingGoods, _): "waits for the goods to come back"
    case (.approved, nil), (.sending, nil): "is being sent to WeChat"
    case (.approved, let wait?), (.sending, let wait?): "waits for \(wait.sentence)"
    case (.processing, _):
      "accepted by WeChat; a balance takes 20 minutes, a bank card 1–3 working days"
    case (.succeeded, _): "the buyer has the money"
    case (.closed, _): "closed by WeChat, the money did not move: apply for another one"
    case (.abnormal, _):
      "the buyer's card takes no money: settle it on WeChat's merchant platform"
    case (.rejected, _): "rejected"
    case (.withdrawn, _): "withdrawn"
    case (.refused, _): "refused by WeChat for good"
    }
  }
}

extension RefundWait {
  fileprivate var sentence: String {
    switch self {
    case .spacing: "a minute to pass after the order's last refund"
    case .weChat: "WeChat's answer; it is asked again"
    case .funds: "money in the merchant's account: top up, then `weixinpay refund retry`"
    case .pace: "WeChat, which wants fewer calls"
    case .configuration: "an operator: `weixinpay check`"
    case .person: "a person to look at it"
    }
  }
}
