public import ArgumentParser
import Gateway
import MariaDB
public import Payments
import Store

/// The options of every command about a merchant's refunds, and their way of working.
struct Desk: ParsableArguments {
  @OptionGroup var configuration: ConfigurationOptions

  @Option(help: "The merchant; needed when there are several.")
  var merchant: String?

  func settings() throws -> Settings { try Settings.read(file: configuration.file) }

  func work(_ body: (MerchantName, Database, Act) throws -> Void) throws {
    try reportingFailure {
      let settings = try settings()
      try body(
        try settings.merchant(named: merchant),
        Database(settings.database.service, connections: 2), .ofOperator(patience: .seconds(25)))
    }
  }

  /// Records a decision and prints what has become of the refund.
  func decide(_ argument: RefundArgument, _ decision: RefundDecision) throws {
    try work { merchant, database, act in
      let refund = try argument.find(merchant, database, act)
      let gateway = try Gateway.byHand(try settings(), database: database)
      do {
        switch try gateway.decide(merchant, refund.number, decision, by: act) {
        case .decided(let refund), .stood(let refund): print(refund.line(at: act.now))
        case .amountConflict(let refund):
          Console.say(
            "Refund \(refund.number) is of \(refund.amount); \(refund.appliedAmount) were applied"
              + " for. Nothing was changed.")
          throw ExitCode.failure
        case .notFound: throw argument.unknown
        }
      } catch is RefundRefusal {
        let latest = try argument.find(merchant, database, act)
        Console.say(
          "Refund \(latest.number) is \(latest.state.rawValue): \(latest.next). Nothing was changed."
        )
        throw ExitCode.failure
      }
    }
  }
}

/// The refund that a command is about.
struct RefundArgument: ParsableArguments {
  @Argument(help: "The refund's number (out_refund_no).")
  var number: OutRefundNo

  var unknown: ExitCode {
    Console.say("There is no refund \(number) of this merchant.")
    return .failure
  }

  func find(_ merchant: MerchantName, _ database: Database, _ act: Act) throws -> Refund {
    guard let refund = try Refunds(database).find(merchant, number, until: act.deadline) else {
      throw unknown
    }
    return refund
  }
}

extension OutRefundNo: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Reason: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension RefundState: ExpressibleByArgument {}

extension Refund {
  /// One line of a list.
  func line(at now: BeijingTime) -> String {
    let overdue = isOverdue(at: now) ? " OVERDUE" : ""
    return "\(appliedAt.rfc3339)  \(number)  order \(order)  \(amount)  \(state.rawValue)\(overdue)"
      + "  \(reason)"
  }

  func story(at now: BeijingTime) -> String {
    var lines = [
      "Refund \(number): \(state.rawValue), \(amount) of \(total)\(isOverdue(at: now) ? ", OVERDUE" : "")",
      "  order        \(order), paid as \(outTradeNo), transaction \(transactionID)",
      "  kind         \(kind.rawValue)", "  reason       \(reason)",
    ]
    if amount != appliedAmount { lines.append("  applied for  \(appliedAmount)") }
    if let reviewReason { lines.append("  decision     \(reviewReason)") }
    if let refundID { lines.append("  refund_id    \(refundID)") }
    if sends > 0 { lines.append("  sent         \(sends) times") }
    if let remark { lines.append("  remark       \(remark)") }
    return (lines + ["Next: \(next)."]).joined(separator: "\n")
  }
}
