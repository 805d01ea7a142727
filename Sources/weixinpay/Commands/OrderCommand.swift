import ArgumentParser
import Gateway
import Linux
import MariaDB
import Payments
import Server
import Store
import WeChatPay

struct OrderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order", abstract: "Orders and what became of them.", subcommands: [Show.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Tell an order's story: what happened, and what is being waited for.")

    @OptionGroup var configuration: ConfigurationOptions

    @Argument(help: "The shop's order number, or that of a payment attempt.")
    var number: String

    @Option(help: "The merchant; needed when there are several.")
    var merchant: String?

    @Flag(help: "Print the order as the merchant API does.")
    var json = false

    func validate() throws {
      guard OutTradeNo(number) != nil else {
        throw ValidationError(
          "\(number.debugDescription) is no order number: 6 to 32 characters out of"
            + " 0-9 A-Z a-z _ - | *.")
      }
    }

    func run() throws {
      try reportingFailure {
        let settings = try Settings.read(file: configuration.file)
        let merchant = try settings.merchant(named: merchant)
        let database = settings.openDatabase()
        let act = Act.ofOperator()
        guard let record = try find(merchant, database, act) else {
          try showStrays(merchant, database, act)
          Console.say(
            "There is no order \(number) of merchant \(merchant). Numbers are compared letter by"
              + " letter; was it created, and for this merchant?")
          throw ExitCode.failure
        }
        let timeline = try Journal(database).timeline(
          merchant: merchant, order: record.order.number, until: act.deadline)
        let refunds = try Refunds(database).find(
          merchant, orders: [record.order.number], until: act.deadline)
        if json {
          let view = merchantView(of: record, refunds: refunds, timeline: timeline, now: act.now)
          print(String(decoding: view.bytes, as: UTF8.self))
        } else {
          print(OrderStory(record: record, refunds: refunds, timeline: timeline, now: act.now).text)
        }
      }
    }

    /// What was recorded under a number that is no order of ours: WeChat may have reported a payment
    /// of it, which somebody has to look at.
    private func showStrays(
      _ merchant: MerchantName, _ database: Database, _ act: Act
    ) throws {
      guard let number = OutTradeNo(number) else { return }
      let entries = try Journal(database).timeline(
        merchant: merchant, order: number, until: act.deadline)
      for entry in entries { print("\(entry.at.rfc3339)  \(entry.event): \(entry.detail)") }
    }

    /// The order of this number; else the one to which a later attempt (`-2`, `-3` …) belongs.
    private func find(
      _ merchant: MerchantName, _ database: Database, _ act: Act
    ) throws -> OrderRecord? {
      let shorter = number.wholeMatch(of: /(.+)-[0-9]{1,2}/).map { String($0.output.1) }
      for candidate in [number, shorter].compactMap({ $0 }).compactMap(OutTradeNo.init) {
        if let record = try Orders(database).find(
          merchant: merchant, number: candidate, until: act.deadline)
        {
          return record
        }
      }
      return nil
    }
  }
}
