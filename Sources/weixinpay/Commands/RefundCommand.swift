import ArgumentParser
import Gateway
import MariaDB
import Payments
import Store

struct RefundCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refund", abstract: "Refunds: what waits for a decision, and the decisions.",
    subcommands: [
      List.self, Show.self, Approve.self, Reject.self, Received.self, Withdraw.self, Retry.self,
    ])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List refunds, those that have waited longest first.")

    @OptionGroup var desk: Desk

    @Option(help: "Only refunds in this state, such as applied or abnormal.")
    var state: RefundState?

    func run() throws {
      try desk.work { merchant, database, act in
        var cursor: RefundCursor?
        repeat {
          // A deadline for each page: there may be thousands.
          let page = try Refunds(database).list(
            merchant: merchant, state: state, after: cursor, limit: 100, until: .now + .seconds(25))
          Console.show(page.refunds.map { $0.line(at: act.now) })
          cursor = page.next
        } while cursor != nil
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tell where a refund stands.")

    @OptionGroup var desk: Desk
    @OptionGroup var refund: RefundArgument

    func run() throws {
      try desk.work { merchant, database, act in
        Console.show(try refund.find(merchant, database, act).story(at: act.now))
      }
    }
  }

  struct Approve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Approve a refund; one without returned goods is sent at once.")

    @OptionGroup var desk: Desk
    @OptionGroup var refund: RefundArgument
    @OptionGroup var consent: Consent

    @Option(help: "In fen, when it is less than was applied for.")
    var refundFee: Int64?

    @Option(help: "What the buyer reads; required with a smaller amount.")
    var reason: Reason?

    func validate() throws {
      if refundFee != nil, reason == nil {
        throw ValidationError("Whoever approves another amount says why: --reason.")
      }
      if let refundFee, Fen(payable: refundFee) == nil {
        throw ValidationError("--refund-fee is a whole number of fen from 1 to \(Fen.maximum).")
      }
    }

    func run() throws {
      try desk.decide(
        refund,
        RefundDecision(.approve(amount: refundFee.flatMap(Fen.init(payable:))), reason: reason),
        by: consent.person, consent: consent)
    }
  }

  struct Reject: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Reject a refund.")

    @OptionGroup var desk: Desk
    @OptionGroup var refund: RefundArgument
    @OptionGroup var person: Person

    @Option(help: "What the buyer reads.")
    var reason: Reason

    func run() throws {
      try desk.decide(refund, RefundDecision(.reject, reason: reason), by: person)
    }
  }

  struct Received: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The goods have arrived: send the refund.")

    @OptionGroup var desk: Desk
    @OptionGroup var refund: RefundArgument
    @OptionGroup var consent: Consent

    @Option(help: "What the buyer reads.")
    var reason: Reason?

    func run() throws {
      try desk.decide(
        refund, RefundDecision(.receive, reason: reason), by: consent.person, consent: consent)
    }
  }

  struct Withdraw: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a refund back that WeChat has not got, or has refused so far.")

    @OptionGroup var desk: Desk
    @OptionGroup var refund: RefundArgument
    @OptionGroup var person: Person

    @Option(help: "What the buyer reads.")
    var reason: Reason

    func run() throws {
      try desk.decide(refund, RefundDecision(.withdraw, reason: reason), by: person)
    }
  }

  struct Retry: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Go on now with a refund that waits: the balance is topped up, for instance.")

    @OptionGroup var desk: Desk
    @OptionGroup var refund: RefundArgument
    @OptionGroup var consent: Consent

    func run() throws {
      try desk.work(by: consent.person) { merchant, database, act in
        let found = try refund.find(merchant, database, act)
        guard found.state.isUnderWay else {
          Console.say("Refund \(found.number) is \(found.state.rawValue): there is nothing to do.")
          throw ExitCode.failure
        }
        let act = try confirmed(act) {
          try consent.ask(found.question(RefundDecision(.approve(amount: nil), reason: nil)))
        }
        let gateway = try Gateway.byHand(try desk.settings(), database: database)
        Console.show(try gateway.retry(found, by: act).line(at: act.now))
      }
    }
  }
}
