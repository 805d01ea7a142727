import ArgumentParser
import Checkout
import Configuration
import Gateway
import MariaDB
package import Payments
import Store
import Text

/// The options of every command about a merchant's refunds, and their way of working.
struct Desk: ParsableArguments {
  @OptionGroup var configuration: ConfigurationOptions

  @Option(help: "The merchant; needed when there are several.")
  var merchant: String?

  func settings() throws -> Settings { try Settings.read(file: configuration.file) }

  /// - Parameter person: who works, where it is to be in the journal.
  func work(
    by person: Person? = nil, _ body: (MerchantName, Database, Act) throws -> Void
  ) throws {
    try reportingFailure(file: configuration.file) {
      let settings = try settings()
      try body(
        try settings.merchant(named: merchant),
        Database(settings.database.service, connections: 2),
        .ofOperator(person?.name, patience: .seconds(25)))
    }
  }

  /// Records a decision and prints what has become of the refund.
  ///
  /// - Parameter consent: asks before the decision when it sends money.
  func decide(
    _ argument: RefundArgument, _ decision: RefundDecision, by person: Person,
    consent: Consent? = nil
  ) throws {
    try work(by: person) { merchant, database, act in
      let refund = try argument.find(merchant, database, act)
      let act = try confirmed(act) { try consent?.ask(refund.question(decision)) }
      let services = try Services.ofCommand(try settings(), database)
      do {
        switch try DecideRefund(services).decide(merchant, refund.number, decision, by: act) {
        case .decided(let refund): Console.show(refund.line(at: act.now))
        case .stood(let refund):
          Console.show(refund.line(at: act.now))
          Console.say("It was decided so before: nothing was changed.")
        case .amountConflict(let refund):
          Console.say(
            "Refund \(refund.number) is of \(refund.amount); \(refund.appliedAmount) were applied"
              + " for. Nothing was changed.")
          throw ExitCode.failure
        case .notFound: throw argument.unknown
        }
      } catch CheckoutRefusal.reasonMissing {
        throw ValidationError("Less than was applied for is approved with a reason: --reason.")
      } catch NotRefundable.tooMany {
        Console.say("WeChat takes at most 50 refunds of one payment. Nothing was changed.")
        throw ExitCode.failure
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

/// A person may think for longer than a command waits: its time begins anew with the answer.
func confirmed(_ act: Act, _ ask: () throws -> Void) rethrows -> Act {
  try ask()
  return act.again()
}

/// Who uses a command that decides something.
struct Person: ParsableArguments {
  @Option(
    name: .customLong("as"),
    help: "Your name for the journal; otherwise the one who called sudo or has logged in.")
  var name: String?

  func validate() throws {
    if let name, !((1...48).contains(name.utf8.count) && name.isReadable) {
      throw ValidationError("--as takes 1 to 48 bytes of visible text.")
    }
  }
}

/// What every command that moves money has.
struct Consent: ParsableArguments {
  @OptionGroup var person: Person

  @Flag(name: [.long, .short], help: "Do not ask on a terminal.")
  var yes = false

  func ask(_ question: String) throws {
    if !yes { try Console.confirm(question) }
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
  package init?(argument: String) { self.init(argument) }
}

extension Reason: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

extension RefundState: ExpressibleByArgument {}

extension RefundWait: ExpressibleByArgument {}

extension Refund {
  /// What is asked before money is sent.
  func question(_ decision: RefundDecision) -> String {
    var amount = self.amount
    if case .approve(let less?) = decision.verdict { amount = less }
    return "Refund \(number) of order \(order): \(amount) of \(total) go back to the buyer. Go on?"
  }

  /// One line of a list.
  func line(at now: BeijingTime) -> String {
    let overdue = isOverdue(at: now) ? " OVERDUE" : ""
    return "\(appliedAt.rfc3339)  \(number)  order \(order)  \(amount)  \(state.rawValue)\(overdue)"
      + "  \(reason)"
  }

  /// The same, and below it what keeps it from going on.
  func lines(at now: BeijingTime, nextTryAt: BeijingTime?) -> [String] {
    [line(at: now)] + waiting(nextTryAt: nextTryAt).map { "    \($0)" }
  }

  /// Why it does not go on right now, and when it is tried again; nothing when it does.
  private func waiting(nextTryAt: BeijingTime?) -> [String] {
    guard state.isUnderWay, wait != nil || nextTryAt != nil else { return [] }
    let reason = wait == nil || state == .processing ? next : "\(next): \(remark ?? "")"
    return [reason] + (nextTryAt.map { ["next try \($0.rfc3339)"] } ?? [])
  }

  /// What a retry has come to.
  func outcome(since before: Refund, nextTryAt: BeijingTime?) -> [String] {
    let what =
      if sends > before.sends {
        "It was sent."
      } else if version == before.version {
        "Nothing has changed yet."
      } else {
        "WeChat was asked."
      }
    let rest = waiting(nextTryAt: nextTryAt)
    return [what] + (rest.isEmpty ? [next] : rest)
  }

  func story(at now: BeijingTime, nextTryAt: BeijingTime?) -> [String] {
    var lines = [
      "Refund \(number): \(state.rawValue), \(amount) of \(total)\(isOverdue(at: now) ? ", OVERDUE" : "")",
      "  order        \(order), paid as \(outTradeNo), transaction \(transactionID)",
      "  kind         \(kind.rawValue)", "  reason       \(reason)",
    ]
    if amount != appliedAmount { lines.append("  applied for  \(appliedAmount)") }
    if let reviewReason { lines.append("  decision     \(reviewReason)") }
    if let refundID { lines.append("  refund_id    \(refundID)") }
    if sends > 0 { lines.append("  sent         \(sends == 1 ? "once" : "\(sends) times")") }
    if let remark { lines.append("  remark       \(remark)") }
    if let nextTryAt { lines.append("  next try     \(nextTryAt.rfc3339)") }
    return lines + ["Next: \(next)."]
  }
}
