import ArgumentParser
import Gateway
import MariaDB
import Outbox
package import Payments
import Server
import Store

struct DeliveryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delivery", abstract: "What the shop was told, and what did not arrive.",
    subcommands: [List.self, Resend.self, Test.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List what did not arrive, longest ago first.")

    @OptionGroup var desk: Desk
    @OptionGroup var choice: DeliveryChoice

    @Flag(help: "Only what was given up.")
    var dead = false

    @Flag(help: "What has arrived of an order, too.")
    var all = false

    @Flag(help: "Print JSON.")
    var json = false

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
        if json {
          Console.show([
            "deliveries": .array(list.records.map(\.json)), "left": JSON(Int64(list.left)),
          ])
          return
        }
        for (channel, target) in try desk.settings().shopTargets(of: merchant) {
          Console.show("\(channel.rawValue): \(target)")
        }
        Console.show(
          ["LAST TRY  ORDER  EVENT  CHANNEL  STATE  FAILED  NEXT TRY"]
            + list.records.flatMap(\.lines))
        if list.left > 0 { Console.show("… and \(list.left) more") }
      }
    }
  }

  struct Resend: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tell the shop once more: what was given up, or one event whatever became of it.")

    @OptionGroup var desk: Desk
    @OptionGroup var choice: DeliveryChoice

    @Flag(help: "What failed and is tried again later: tell it now.")
    var pending = false

    func validate() throws {
      if choice.sequence != nil, choice.order == nil {
        throw ValidationError("A sequence number belongs to an order: --order.")
      }
    }

    func run() throws {
      var filter = choice.filter
      if pending {
        filter.states = [.pending]
      } else if choice.sequence == nil {
        filter.states = [.dead]
      }
      try desk.work { merchant, database, _ in
        let count = try Deliveries(database).resend(merchant, filter) {
          .ofOperator(patience: .seconds(25))
        }
        Console.show("\(count) to be sent now.")
        if count == 0 { throw ExitCode.failure }
      }
    }
  }
}

extension DeliveryCommand {
  struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Send the webhook a signed message of type ping, and say what came back.",
      discussion: """
        A relay and shop tables are not tested so: a script that was told of a payment, or a table \
        that was changed, could not be told again that nothing has happened.
        """)

    @OptionGroup var desk: Desk

    @Option(help: "The channel; webhook is the only one that can be tested.")
    var channel = ShopChannel.webhook

    func validate() throws {
      guard channel == .webhook else {
        throw ValidationError(
          "Only webhook can be tested; weixinpay check looks at the statements of shop_tables.")
      }
    }

    func run() throws {
      try desk.work { merchant, _, act in
        guard let outcome = try desk.settings().pingWebhook(of: merchant, at: act.now) else {
          Console.say("Merchant \(merchant) has no webhook in the configuration.")
          throw ExitCode.failure
        }
        Console.show(outcome.text)
        if !outcome.isTaken { throw ExitCode.failure }
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
  /// One delivery in a list, and what is to be said of it.
  fileprivate var lines: [String] {
    let next = nextTry.map { "  \($0.rfc3339)" } ?? ""
    let line =
      "\(at.rfc3339)  \(order)  \(sequence) \(event.rawValue)  \(channel.rawValue)"
      + "  \(state.rawValue)  \(attempts)\(next)"
    return [line] + (remark.map { ["    \($0)"] } ?? [])
  }

  fileprivate var json: JSON {
    [
      "order_no": .string(order.text), "sequence": JSON(sequence),
      "event": .string(event.rawValue), "channel": .string(channel.rawValue),
      "state": .string(state.rawValue), "failed": JSON(Int64(attempts)),
      "last_try": .string(at.rfc3339), "next_try": JSON(nextTry?.rfc3339), "remark": JSON(remark),
    ]
  }
}
