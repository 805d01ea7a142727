public import ArgumentParser
import Gateway
import MariaDB
public import Payments
import Store

struct DeliveryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delivery", abstract: "What the shop was told, and what did not arrive.",
    subcommands: [List.self, Resend.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List what did not arrive, longest ago first.")

    @OptionGroup var desk: Desk
    @OptionGroup var choice: DeliveryChoice

    @Flag(help: "Only what was given up.")
    var dead = false

    @Flag(help: "What has arrived of an order, too.")
    var all = false

    func validate() throws {
      if all, choice.order == nil {
        throw ValidationError("What has arrived is listed of one order: --all with --order.")
      }
    }

    func run() throws {
      var filter = choice.filter
      filter.states = dead ? [.dead] : all ? DeliveryState.allCases : [.pending, .dead]
      try desk.work { merchant, database, act in
        let wishes = try desk.settings().shopWishes(of: merchant)
        let list = try Deliveries(database).list(
          merchant, filter, of: wishes, limit: 1000, until: act.deadline)
        for record in list.records { print(record.line) }
        if list.left > 0 { print("… and \(list.left) more") }
      }
    }
  }

  struct Resend: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tell the shop once more: what was given up, or one event whatever became of it.")

    @OptionGroup var desk: Desk
    @OptionGroup var choice: DeliveryChoice

    func validate() throws {
      if choice.sequence != nil, choice.order == nil {
        throw ValidationError("A sequence number belongs to an order: --order.")
      }
    }

    func run() throws {
      var filter = choice.filter
      if choice.sequence == nil { filter.states = [.dead] }
      try desk.work { merchant, database, _ in
        let count = try Deliveries(database).resend(merchant, filter) {
          .ofOperator(patience: .seconds(25))
        }
        print("\(count) to be sent now.")
        if count == 0 { throw ExitCode.failure }
      }
    }
  }
}

/// The deliveries that a command is about.
struct DeliveryChoice: ParsableArguments {
  @Option(help: "Only this order's.", transform: Self.order)
  var order: OutTradeNo?

  @Option(help: "Only the event of this number.")
  var sequence: Int64?

  @Option(help: "Only on this channel: webhook, relay or shop_tables.")
  var channel: ShopChannel?

  static func order(_ text: String) throws -> OutTradeNo {
    guard let order = OutTradeNo(text) else {
      throw ValidationError("an order number has 6 to 32 characters out of 0-9 A-Z a-z _ - | *")
    }
    return order
  }

  var filter: DeliveryFilter {
    DeliveryFilter(order: order, sequence: sequence, channel: channel)
  }
}

extension ShopChannel: ExpressibleByArgument {}

extension DeliveryRecord {
  /// One line of a list.
  var line: String {
    let reason = remark.map { "  \($0)" } ?? ""
    return "\(at.rfc3339)  \(order)  \(sequence) \(event.rawValue)  \(channel.rawValue)"
      + "  \(state.rawValue)  failed \(attempts) times\(reason)"
  }
}
