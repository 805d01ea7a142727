import ArgumentParser
import Checkout
import Gateway
import MariaDB
import Payments
import Store

extension OrderCommand {
  struct Query: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "query",
      abstract: "Ask WeChat now about an order, and take in what it says.",
      discussion: """
        Asks about the order's number, about those of its payment attempts, and about attempts that \
        WeChat may know and this database does not, as after a restored backup. Given the number of \
        an attempt (-2, -3 …), it asks about that one alone. A payment is taken in if amount and \
        payer fit the order; else it raises an alarm. No money is moved.
        """)

    @OptionGroup var desk: Desk

    @Argument(help: "The shop's order number, or that of a payment attempt.")
    var number: String

    func run() throws {
      guard let number = OutTradeNo(number) else {
        throw ValidationError(
          "\(number.debugDescription) is no order number: 6 to 32 characters out of"
            + " 0-9 A-Z a-z _ - | *.")
      }
      try desk.work { merchant, database, act in
        let services = try Services.ofCommand(try desk.settings(), database)
        let conversation = Conversation(
          services: services, merchant: try services.merchant(merchant), requestID: nil,
          deadline: act.deadline)
        guard let answers = try QueryOrder(conversation).run(number)?.answers else {
          Console.say("There is no order \(number) of merchant \(merchant); WeChat was not asked.")
          throw ExitCode.failure
        }
        Console.show(answers.map { "\($0.number): \($0.word.sentence)" })
      }
    }
  }
}
