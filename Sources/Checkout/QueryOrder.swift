package import Payments
import Store
import WeChatPay

/// Asks WeChat now about all that it may hold of an order, and takes in what it says: after a
/// restored backup, and for numbers that another program has sent.
package struct QueryOrder {
  private let conversation: Conversation

  package init(_ conversation: Conversation) { self.conversation = conversation }

  /// What WeChat said of one number.
  package typealias Answer = (number: OutTradeNo, word: AskWeChat.Word)

  /// So many attempts of an order that are unknown here are looked for, one after the other.
  private static let longestSearch = 10

  /// - Parameter number: the order's, or that of one of its attempts, which alone is asked about then.
  /// - Returns: the order and the answers; `nil` when the number stands nowhere: nothing is asked.
  /// - Throws: `WeChatPayError` when WeChat gives no usable answer; what it said before is recorded.
  package func run(_ number: OutTradeNo) throws -> (order: OutTradeNo, answers: [Answer])? {
    if try isOrder(number) { return (number, try askAll(of: number)) }
    if let attempt = try find(number) {
      return (attempt.order, [(number, try ask(attempt.outTradeNo, of: attempt.order))])
    }
    guard let order = number.orderOfLaterAttempt, try isOrder(order) else { return nil }
    return (order, [(number, try ask(number, of: order))])
  }

  private func askAll(of order: OutTradeNo) throws -> [Answer] {
    let attempts = try conversation.services.attempts.list(
      conversation.merchant.name, of: order, until: conversation.deadline)
    var answers: [Answer] = []
    for attempt in attempts {
      answers.append(
        (attempt.outTradeNo, try AskWeChat(conversation).word(about: attempt)))
    }
    // The database may be older than what WeChat knows.
    var next = (attempts.last?.number ?? 0) + 1
    for _ in 0..<Self.longestSearch {
      guard let number = OutTradeNo(order: order, attempt: next) else { break }
      let word = try ask(number, of: order)
      answers.append((number, word))
      if word == .unknown { break }
      next += 1
    }
    return answers
  }

  /// Asks about a number, unless it is another order's, or another order's attempt.
  private func ask(_ number: OutTradeNo, of order: OutTradeNo) throws -> AskWeChat.Word {
    let ask = AskWeChat(conversation)
    if let attempt = try find(number) {
      return attempt.order == order ? try ask.word(about: attempt) : .unknown
    }
    guard try number == order || !isOrder(number) else { return .unknown }
    return try ask.word(about: number)
  }

  private func find(_ number: OutTradeNo) throws -> PaymentAttempt? {
    try conversation.services.attempts.find(
      conversation.merchant.name, number, until: conversation.deadline)
  }

  private func isOrder(_ number: OutTradeNo) throws -> Bool {
    try conversation.services.orders.find(
      merchant: conversation.merchant.name, number: number, until: conversation.deadline) != nil
  }
}

extension OutTradeNo {
  /// The order of which this may be the second or a later attempt: `A` for `A-2`.
  package var orderOfLaterAttempt: OutTradeNo? {
    guard let match = text.wholeMatch(of: /(.+)-([0-9]{1,2})/), let attempt = Int(match.output.2),
      attempt > 1, let order = OutTradeNo(String(match.output.1)),
      OutTradeNo(order: order, attempt: attempt) == self
    else { return nil }
    return order
  }
}

extension AskWeChat.Word {
  /// What WeChat said, for a person.
  package var sentence: String {
    switch self {
    case .paid: "paid; recorded"
    case .contradicted(let alarm): "paid, but \(alarm.rawValue): \(alarm.sentence)"
    case .closed: "closed at WeChat"
    case .open: "not paid; the buyer can still pay it"
    case .unknown: "WeChat does not know it"
    case .undecided: "WeChat gives no clear answer; ask again"
    }
  }
}
