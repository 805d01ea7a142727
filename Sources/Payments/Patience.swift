/// How long to wait before the next try, in seconds: longer each time, without end.
package enum Patience: Sendable, CaseIterable {
  /// For a buyer to pay, as long as no notification says so.
  /// Source: WeChat Pay APIv2, 查询订单, the times at which to ask.
  case payment
  /// For an answer that was lost, or that WeChat did not give: never less than 5 seconds, so that
  /// what is under way has arrived before WeChat is asked about it.
  case answer
  /// For money on its way: a balance takes minutes, a bank card one to three working days.
  case arrival
  /// For the merchant to top up the balance.
  case funds
  /// For an operator to mend the configuration.
  case configuration
  /// For a person at the merchant's to settle an abnormal refund.
  case person
  /// For a shop to come back that could not be told something.
  case delivery
  /// For others to find out whether a shop is back or has caught up: what was not even tried. Few
  /// minutes at most, so that everything is told soon after; no less, as ten thousands may wait.
  case turn

  private var steps: [Int64] {
    switch self {
    case .payment: [5, 25, 30, 120, 420, 1200, 1800]
    case .answer: [5, 10, 30, 60, 180, 600, 1800]
    case .arrival: [10, 60, 300, 1200, 3600, 14_400]
    case .funds: [300, 900, 1800]
    case .configuration: [60, 300, 900, 1800]
    case .person: [3600, 21_600]
    case .delivery: [5, 15, 60, 300, 900, 1800, 3600]
    case .turn: [5, 15, 60, 300]
    }
  }

  /// - Parameters:
  ///   - attempt: counts from 1.
  ///   - percent: 0 to 20, by chance: whoever waits for the same thing shall not come back at once.
  package func seconds(attempt: Int, percent: Int64 = .random(in: 0...20)) -> Int64 {
    let steps = steps
    let step = steps[min(max(attempt, 1), steps.count) - 1]
    return step + step * percent / 100
  }
}
