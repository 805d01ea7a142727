import Payments
import Testing

@Suite struct RefundStateTests {
  enum Outcome: Sendable {
    case to(RefundState)
    case no(RefundRefusal)
  }

  /// The whole table: one paragraph for each state.
  static let table: [(RefundState, RefundEvent, Outcome)] = [
    (.applied, .agreed, .to(.awaitingGoods)), (.applied, .approved, .to(.approved)),
    (.applied, .received, .no(.notAgreed)), (.applied, .rejected, .to(.rejected)),
    (.applied, .withdrawn, .to(.withdrawn)), (.applied, .sent, .no(.notApproved)),
    (.applied, .accepted, .no(.notSent)), (.applied, .refused, .no(.notSent)),
    (.applied, .succeeded, .no(.notSent)), (.applied, .closed, .no(.notSent)),
    (.applied, .abnormal, .no(.notSent)),

    (.awaitingGoods, .agreed, .to(.awaitingGoods)), (.awaitingGoods, .approved, .no(.goodsAwaited)),
    (.awaitingGoods, .received, .to(.approved)), (.awaitingGoods, .rejected, .to(.rejected)),
    (.awaitingGoods, .withdrawn, .to(.withdrawn)), (.awaitingGoods, .sent, .no(.notApproved)),
    (.awaitingGoods, .accepted, .no(.notSent)), (.awaitingGoods, .refused, .no(.notSent)),
    (.awaitingGoods, .succeeded, .no(.notSent)), (.awaitingGoods, .closed, .no(.notSent)),
    (.awaitingGoods, .abnormal, .no(.notSent)),

    (.approved, .agreed, .to(.approved)), (.approved, .approved, .to(.approved)),
    (.approved, .received, .to(.approved)), (.approved, .rejected, .no(.isApproved)),
    (.approved, .withdrawn, .to(.withdrawn)), (.approved, .sent, .to(.sending)),
    (.approved, .accepted, .no(.notSent)), (.approved, .refused, .no(.notSent)),
    (.approved, .succeeded, .no(.notSent)), (.approved, .closed, .no(.notSent)),
    (.approved, .abnormal, .no(.notSent)),

    (.sending, .agreed, .to(.sending)), (.sending, .approved, .to(.sending)),
    (.sending, .received, .to(.sending)), (.sending, .rejected, .no(.isSent)),
    (.sending, .withdrawn, .no(.isSent)), (.sending, .sent, .to(.sending)),
    (.sending, .accepted, .to(.processing)), (.sending, .refused, .to(.refused)),
    (.sending, .succeeded, .to(.succeeded)), (.sending, .closed, .to(.closed)),
    (.sending, .abnormal, .to(.abnormal)),

    (.processing, .agreed, .to(.processing)), (.processing, .approved, .to(.processing)),
    (.processing, .received, .to(.processing)), (.processing, .rejected, .no(.isSent)),
    (.processing, .withdrawn, .no(.isSent)), (.processing, .sent, .no(.isAccepted)),
    (.processing, .accepted, .to(.processing)), (.processing, .refused, .no(.isAccepted)),
    (.processing, .succeeded, .to(.succeeded)), (.processing, .closed, .to(.closed)),
    (.processing, .abnormal, .to(.abnormal)),

    (.succeeded, .agreed, .to(.succeeded)), (.succeeded, .approved, .to(.succeeded)),
    (.succeeded, .received, .to(.succeeded)), (.succeeded, .rejected, .no(.isSent)),
    (.succeeded, .withdrawn, .no(.isSent)), (.succeeded, .sent, .no(.isAccepted)),
    (.succeeded, .accepted, .to(.succeeded)), (.succeeded, .refused, .no(.isAccepted)),
    (.succeeded, .succeeded, .to(.succeeded)), (.succeeded, .closed, .no(.isEnded)),
    (.succeeded, .abnormal, .no(.isEnded)),

    (.closed, .agreed, .to(.closed)), (.closed, .approved, .to(.closed)),
    (.closed, .received, .to(.closed)), (.closed, .rejected, .no(.isSent)),
    (.closed, .withdrawn, .no(.isSent)), (.closed, .sent, .no(.isAccepted)),
    (.closed, .accepted, .to(.closed)), (.closed, .refused, .no(.isAccepted)),
    (.closed, .succeeded, .no(.isEnded)), (.closed, .closed, .to(.closed)),
    (.closed, .abnormal, .no(.isEnded)),

    (.abnormal, .agreed, .to(.abnormal)), (.abnormal, .approved, .to(.abnormal)),
    (.abnormal, .received, .to(.abnormal)), (.abnormal, .rejected, .no(.isSent)),
    (.abnormal, .withdrawn, .no(.isSent)), (.abnormal, .sent, .no(.isAccepted)),
    (.abnormal, .accepted, .to(.abnormal)), (.abnormal, .refused, .no(.isAccepted)),
    (.abnormal, .succeeded, .to(.succeeded)), (.abnormal, .closed, .to(.closed)),
    (.abnormal, .abnormal, .to(.abnormal)),

    (.rejected, .agreed, .no(.isRejected)), (.rejected, .approved, .no(.isRejected)),
    (.rejected, .received, .no(.isRejected)), (.rejected, .rejected, .to(.rejected)),
    (.rejected, .withdrawn, .no(.isRejected)), (.rejected, .sent, .no(.isRejected)),
    (.rejected, .accepted, .no(.isRejected)), (.rejected, .refused, .no(.isRejected)),
    (.rejected, .succeeded, .no(.isRejected)), (.rejected, .closed, .no(.isRejected)),
    (.rejected, .abnormal, .no(.isRejected)),

    (.withdrawn, .agreed, .no(.isWithdrawn)), (.withdrawn, .approved, .no(.isWithdrawn)),
    (.withdrawn, .received, .no(.isWithdrawn)), (.withdrawn, .rejected, .no(.isWithdrawn)),
    (.withdrawn, .withdrawn, .to(.withdrawn)), (.withdrawn, .sent, .no(.isWithdrawn)),
    (.withdrawn, .accepted, .no(.isWithdrawn)), (.withdrawn, .refused, .no(.isWithdrawn)),
    (.withdrawn, .succeeded, .no(.isWithdrawn)), (.withdrawn, .closed, .no(.isWithdrawn)),
    (.withdrawn, .abnormal, .no(.isWithdrawn)),

    (.refused, .agreed, .no(.isRefused)), (.refused, .approved, .no(.isRefused)),
    (.refused, .received, .no(.isRefused)), (.refused, .rejected, .no(.isRefused)),
    (.refused, .withdrawn, .no(.isRefused)), (.refused, .sent, .no(.isRefused)),
    (.refused, .accepted, .no(.isRefused)), (.refused, .refused, .to(.refused)),
    (.refused, .succeeded, .no(.isRefused)), (.refused, .closed, .no(.isRefused)),
    (.refused, .abnormal, .no(.isRefused)),
  ]

  @Test(arguments: table)
  func `every pair of state and event has its outcome`(
    state: RefundState, event: RefundEvent, expected: Outcome
  ) throws {
    switch expected {
    case .to(let next): #expect(try state.after(event) == next)
    case .no(let refusal): #expect(throws: refusal) { try state.after(event) }
    }
  }

  @Test func `the table is complete`() {
    let pairs = Set(Self.table.map { "\($0.0) \($0.1)" })
    #expect(pairs.count == RefundState.allCases.count * RefundEvent.allCases.count)
    #expect(pairs.count == Self.table.count)
  }

  @Test func `a repetition stays where the event has led`() {
    for state in RefundState.allCases {
      for event in RefundEvent.allCases {
        guard let next = try? state.after(event) else { continue }
        #expect((try? next.after(event)) == next, "\(state), \(event) twice")
      }
    }
  }

  @Test func `what is certain not to be returned holds no amount`() {
    let free: [RefundState] = [.closed, .rejected, .withdrawn, .refused]
    #expect(RefundState.allCases.filter { !$0.holdsAmount } == free)
  }

  @Test func `no event takes back an amount that was let go`() {
    for state in RefundState.allCases where !state.holdsAmount {
      for event in RefundEvent.allCases {
        guard let next = try? state.after(event) else { continue }
        #expect(!next.holdsAmount, "\(state), \(event)")
      }
    }
  }

  @Test func `an abnormal refund is under way, a decided end is not`() {
    let underWay: [RefundState] = [.approved, .sending, .processing, .abnormal]
    #expect(RefundState.allCases.filter(\.isUnderWay) == underWay)
  }

  @Test func `the states read in the database as they always did`() {
    #expect(
      RefundState.allCases.map(\.rawValue) == [
        "applied", "awaiting_goods", "approved", "sending", "processing", "succeeded", "closed",
        "abnormal", "rejected", "withdrawn", "refused",
      ])
  }

  @Test func `goods that have to come back are awaited before the money goes`() {
    #expect(RefundKind.unshipped.consent == .approved)
    #expect(RefundKind.platform.consent == .approved)
    #expect(RefundKind.returned.consent == .agreed)
  }
}
