import ArgumentParser
import Gateway
import Linux
import MariaDB
import Outbox
package import Payments
import Server
import Store
import WeChatPay

struct OrderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order", abstract: "Orders and what became of them.",
    subcommands: [List.self, Show.self, Query.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Tell an order's story: what happened, and what is being waited for.")

    @OptionGroup var desk: Desk

    @Argument(
      help: """
        The shop's order number, that of a payment attempt or refund, or WeChat's of either \
        (transaction_id, refund_id).
        """)
    var number: String

    @Flag(help: "Print the order as the merchant API does.")
    var json = false

    func validate() throws {
      guard (1...64).contains(number.utf8.count), number.utf8.allSatisfy(\.isGraphic) else {
        throw ValidationError(
          "\(number.debugDescription) is no number of an order or refund: up to 64 letters, digits"
            + " and _ - | * @.")
      }
    }

    func run() throws {
      try desk.work { merchant, database, act in
        guard let record = try find(merchant, database, act) else {
          return try showStrays(merchant, database, act)
        }
        let order = record.order.number
        let timeline = try Journal(database).page(
          merchant: merchant, order: order, until: act.deadline)
        let newest = try Refunds(database).newest(merchant, of: [order], until: act.deadline)
        let refunds = newest[order] ?? .none
        if json {
          Console.show(
            merchantView(of: record, refunds: refunds, timeline: timeline, now: act.now))
        } else {
          let deliveries = try deliveries(of: order, merchant, database, act)
          Console.show(
            OrderStory(
              record: record, refunds: refunds, timeline: timeline, deliveries: deliveries,
              now: act.now
            ).lines)
        }
      }
    }

    /// What the shop has not been told, or what is remarkable about it.
    private func deliveries(
      of order: OutTradeNo, _ merchant: MerchantName, _ database: Database, _ act: Act
    ) throws -> [DeliveryRecord] {
      let filter = DeliveryFilter(order: order, states: DeliveryState.allCases)
      return try Deliveries(database).list(
        merchant, filter, of: try desk.settings().shopWishes(of: merchant), limit: 100,
        until: act.deadline
      ).records.filter { $0.state != .delivered || $0.remark != nil }
    }

    /// What was recorded under a number that is no order of ours: WeChat may have reported a payment
    /// of it, which a person has to look at.
    private func showStrays(
      _ merchant: MerchantName, _ database: Database, _ act: Act
    ) throws {
      let entries =
        try OutTradeNo(number).map {
          try Journal(database).timeline(merchant: merchant, order: $0, until: act.deadline)
        } ?? []
      Console.show(entries.map { "\($0.at.rfc3339)  \($0.event): \($0.detail)" })
      if !entries.isEmpty { return }
      Console.say(
        "There is no order \(number) of merchant \(merchant). Numbers are compared letter by"
          + " letter; was it created, and for this merchant?")
      throw ExitCode.failure
    }

    private func find(
      _ merchant: MerchantName, _ database: Database, _ act: Act
    ) throws -> OrderRecord? {
      if let order = OutTradeNo(number),
        let record = try Orders(database).find(
          merchant: merchant, number: order, until: act.deadline)
      {
        return record
      }
      let found = try OrderSearch(database).order(merchant, named: number, until: act.deadline)
      return try found.flatMap {
        try Orders(database).find(merchant: merchant, number: $0, until: act.deadline)
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List orders, newest first.")

    @OptionGroup var desk: Desk

    @Option(help: "Only orders in this state: created, unpaid, paid or closed.")
    var state: PaymentState?

    @Option(help: "Only orders with this alarm, open, such as late_payment.")
    var alarm: Alarm?

    @Option(help: "How many, 1 to 1000.")
    var limit = 50

    @Flag(help: "Print JSON, as the merchant API does.")
    var json = false

    func validate() throws {
      guard (1...1000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000.") }
    }

    func run() throws {
      try desk.work { merchant, database, act in
        let page = try Orders(database).list(
          merchant: merchant, state: state, alarm: alarm, from: nil, to: nil, after: nil,
          limit: limit, until: act.deadline)
        if json {
          let refunds = try Refunds(database).newest(
            merchant, of: page.orders.map(\.order.number), until: act.deadline)
          let views = page.orders.map {
            merchantView(of: $0, refunds: refunds[$0.order.number] ?? .none, now: act.now)
          }
          Console.show(["orders": .array(views)])
        } else {
          Console.show(["CREATED  ORDER  STATE  AMOUNT"] + page.orders.map(\.line))
        }
        for row in page.unusable { Console.say("left out: \(row)") }
        if page.next != nil { Console.say("… and older ones: --limit.") }
      }
    }
  }
}

extension PaymentState: ExpressibleByArgument {}

extension OrderRecord {
  /// One line of a list.
  fileprivate var line: String {
    let alarms =
      alarms.isEmpty ? "" : "  ALARM \(self.alarms.map(\.rawValue).joined(separator: " "))"
    return "\(createdAt?.rfc3339 ?? "-")  \(order.number)  \(state.rawValue)"
      + "  \(attempt?.state == .paid ? attempt?.total ?? order.total : order.total)\(alarms)"
  }
}
