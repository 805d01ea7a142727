import ArgumentParser
import Checkout
import Gateway
import MariaDB
import Payments
import Server
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

    @Option(help: "Only refunds under way that wait for this, such as funds or configuration.")
    var waiting: RefundWait?

    @Flag(help: "Print JSON, as the merchant API does.")
    var json = false

    func run() throws {
      try desk.work { merchant, database, act in
        var cursor: RefundCursor?
        var views: [JSON] = []
        repeat {
          // A deadline for each page: there may be thousands.
          let deadline = ContinuousClock.now + .seconds(25)
          let refunds = Refunds(database)
          let page = try refunds.list(
            merchant: merchant, state: state, waitingFor: waiting, after: cursor, limit: 100,
            until: deadline)
          let tries = try refunds.nextTries(of: page.refunds, until: deadline)
          if json {
            views += page.refunds.map {
              merchantView(of: $0, nextTryAt: tries[$0.number], now: act.now)
            }
          } else {
            Console.show(
              page.refunds.flatMap { $0.lines(at: act.now, nextTryAt: tries[$0.number]) })
          }
          cursor = page.next
        } while cursor != nil
        if json { Console.show(["refunds": .array(views)]) }
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tell where a refund stands, or the refunds of an order.")

    @OptionGroup var desk: Desk

    @Argument(help: "The refund's number (out_refund_no or refund_id), or its order's.")
    var number: String

    @Flag(help: "Print JSON, as the merchant API does.")
    var json = false

    func run() throws {
      try desk.work { merchant, database, act in
        let refunds = Refunds(database)
        let one = try refunds.find(merchant, named: number, until: act.deadline)
        let found = try one.map { [$0] } ?? ofOrder(merchant, database, act)
        let tries = try refunds.nextTries(of: found, until: act.deadline)
        if json {
          let views = found.map {
            merchantView(of: $0, nextTryAt: tries[$0.number], now: act.now)
          }
          Console.show(one == nil ? ["refunds": .array(views)] : views[0])
        } else if let one {
          Console.show(one.story(at: act.now, nextTryAt: tries[one.number]))
        } else {
          Console.show(found.flatMap { $0.lines(at: act.now, nextTryAt: tries[$0.number]) })
        }
      }
    }

    private func ofOrder(
      _ merchant: MerchantName, _ database: Database, _ act: Act
    ) throws -> [Refund] {
      let order = try OrderSearch(database).order(merchant, named: number, until: act.deadline)
      let found = try order.map {
        try Refunds(database).find(merchant, orders: [$0], until: act.deadline)
      }
      guard let found, !found.isEmpty else {
        Console.say("There is no refund, nor an order with refunds, \(number) of this merchant.")
        throw ExitCode.failure
      }
      return found
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
        let services = try Services.ofCommand(try desk.settings(), database)
        let refund = try DecideRefund(services).retry(found, by: act)
        let tries = try Refunds(database).nextTries(of: [refund], until: act.deadline)
        Console.show(
          [refund.line(at: act.now)]
            + refund.outcome(since: found, nextTryAt: tries[refund.number]).map { "    \($0)" })
      }
    }
  }
}
