/// Everything WeChat knows about refunds: a part of the ledger.
struct Refunds: Sendable {
  private(set) var byNumber: [String: Refund] = [:]
  /// Numbers of refunds, oldest first.
  private(set) var numbers: [String] = []
  /// What arrived, in the order of arrival, and when.
  private(set) var transmissions: [(at: Int64, transmission: Transmission)] = []
  private(set) var complaints: [(at: Int64, complaint: Complaint)] = []
  /// The merchant's money in fen; nil: as much as it takes. Payments do not add to it.
  private(set) var balance: Int64?
  /// The least time between two refunds of one order.
  private(set) var spacingSeconds: Int64 = 60
  /// The address that the merchant platform has for refunds that name none.
  private(set) var notifyURL: String?
  private var plans: [RefundPlan.Scope: RefundPlan] = [:]
  private var numberByID: [String: String] = [:]
  private var numbersByOrder: [String: [String]] = [:]
  private var firstTransmissions: [String: Transmission] = [:]
  private var transmissionCounts: [String: Int] = [:]
  /// Refunds under way that end by themselves.
  private var endings: [String: Refund.Ending] = [:]

  func refund(refundID: String) -> Refund? { numberByID[refundID].flatMap { byNumber[$0] } }

  /// The refunds of an order, oldest first.
  func refunds(outTradeNo: String) -> [Refund] {
    numbersByOrder[outTradeNo, default: []].compactMap { byNumber[$0] }
  }

  /// How often a number has arrived.
  func transmissionCount(outRefundNo: String) -> Int { transmissionCounts[outRefundNo, default: 0] }

  func plan(outRefundNo: String, outTradeNo: String) -> RefundPlan {
    plans[.refund(outRefundNo: outRefundNo)] ?? plans[.order(outTradeNo: outTradeNo)]
      ?? plans[.everything] ?? .initial
  }

  /// What has to be recorded because its time has come.
  ///
  /// - Parameter now: microseconds since 1970.
  func due(at now: Int64) -> [RefundEvent] {
    endings.filter { $0.value.at <= now }
      .sorted { ($0.value.at, $0.key) < ($1.value.at, $1.key) }
      .map { .finished($0.key, $0.value.status) }
  }

  /// What a transmission leads to: its record, and a complaint when an earlier one differs.
  func events(of transmission: Transmission) -> [RefundEvent] {
    let outRefundNo = transmission.outRefundNo
    guard let first = firstTransmissions[outRefundNo],
      first.parameters != transmission.parameters
    else { return [.sent(transmission)] }
    let names = Set((first.parameters + transmission.parameters).map(\.name))
    let differing = names.filter { name in
      first.parameters.first { $0.name == name }
        != transmission.parameters.first { $0.name == name }
    }
    let complaint = Complaint(
      outRefundNo: outRefundNo, transmission: transmissionCount(outRefundNo: outRefundNo) + 1,
      differing: differing.sorted())
    return [.sent(transmission), .complained(complaint)]
  }

  /// - Parameter now: when it happened, in microseconds since 1970.
  mutating func apply(_ event: RefundEvent, at now: Int64) {
    switch event {
    case .sent(let transmission):
      transmissions.append((now, transmission))
      transmissionCounts[transmission.outRefundNo, default: 0] += 1
      if firstTransmissions[transmission.outRefundNo] == nil {
        firstTransmissions[transmission.outRefundNo] = transmission
      }
    case .complained(let complaint): complaints.append((now, complaint))
    case .accepted(let refund): accept(refund)
    case .finished(let outRefundNo, let status): finish(outRefundNo, status, at: now)
    case .notified(let outRefundNo, let announcement):
      byNumber[outRefundNo]?.announcements.append(announcement)
    case .notificationLost(let outRefundNo): byNumber[outRefundNo]?.isSilenced = true
    case .planned(let plan): plans[plan.scope] = plan
    case .balanceSet(let fen): balance = fen
    case .spacingSet(let seconds): spacingSeconds = seconds
    case .notifyURLSet(let url): notifyURL = url
    }
  }

  private mutating func accept(_ refund: Refund) {
    byNumber[refund.outRefundNo] = refund
    numbers.append(refund.outRefundNo)
    numberByID[refund.refundID] = refund.outRefundNo
    numbersByOrder[refund.outTradeNo, default: []].append(refund.outRefundNo)
    endings[refund.outRefundNo] = refund.ending
    balance = balance.map { $0 - refund.fee }
  }

  private mutating func finish(_ outRefundNo: String, _ status: RefundStatus, at now: Int64) {
    guard let fee = byNumber[outRefundNo]?.fee else { return }
    byNumber[outRefundNo]?.status = status
    byNumber[outRefundNo]?.finishedAt = now
    byNumber[outRefundNo]?.isSilenced = false
    endings[outRefundNo] = nil
    if status == .closed { balance = balance.map { $0 + fee } }
  }
}
