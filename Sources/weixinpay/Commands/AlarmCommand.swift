import ArgumentParser
import Gateway
import MariaDB
package import Payments
import Server
import Store

struct AlarmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alarm", abstract: "What a person must look at.",
    subcommands: [List.self, Resolve.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List open alarms, newest first.")

    @OptionGroup var desk: Desk

    @Flag(help: "Resolved ones, too.")
    var all = false

    @Option(name: .customLong("kind"), help: "Only alarms of this kind, such as late_payment.")
    var kind: Alarm?

    @Option(help: "Only this order's.", transform: DeliveryChoice.order)
    var order: OutTradeNo?

    @Flag(help: "Print JSON, as the merchant API does.")
    var json = false

    func run() throws {
      try desk.work { merchant, database, act in
        let alarms = try find(merchant, database)
        if json {
          Console.show(["alarms": .array(alarms.map(\.json))])
        } else if alarms.isEmpty {
          Console.say(all ? "There are no alarms." : "There are no open alarms.")
        } else {
          Console.show(["ID  RAISED  ORDER  ALARM"] + alarms.flatMap(\.lines))
        }
      }
    }

    private func find(_ merchant: MerchantName, _ database: Database) throws -> [AlarmRecord] {
      let filter = AlarmFilter(isOpen: all ? nil : true, kind: kind, order: order)
      var alarms: [AlarmRecord] = []
      var cursor: AlarmCursor?
      repeat {
        // A deadline for each page: there may be thousands.
        let page = try Alarms(database).list(
          merchant, filter, after: cursor, limit: 200, until: .now + .seconds(25))
        alarms += page.alarms
        cursor = page.next
      } while cursor != nil
      return alarms
    }
  }

  struct Resolve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Record that an alarm is settled; its order does not show it any longer.")

    @OptionGroup var desk: Desk
    @OptionGroup var person: Person

    @Argument(help: "The alarm's ID, as alarm list shows it.")
    var id: Int64

    @Option(help: "How it was settled, for those who look at the order later.")
    var note: Note

    func run() throws {
      try desk.work(by: person) { merchant, database, act in
        switch try Alarms(database).resolve(merchant, id, note: note, by: act) {
        case .resolved(let alarm): Console.show(alarm.lines)
        case .stood(let alarm):
          Console.say("It was resolved before; nothing was changed.")
          Console.show(alarm.lines)
        case .notFound:
          Console.say("There is no alarm \(id) of this merchant.")
          throw ExitCode.failure
        }
      }
    }
  }
}

extension Alarm: ExpressibleByArgument {}

extension Note: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

extension AlarmRecord {
  /// One alarm in a list; what to do, and what was done, below it.
  fileprivate var lines: [String] {
    let attempt = outTradeNo.flatMap { $0 == order ? nil : " (\($0))" } ?? ""
    let subject = refund.map { " (refund \($0))" } ?? attempt
    var lines = ["\(id)  \(raisedAt.rfc3339)  \(order)\(subject)  \(kind)", "    \(detail)"]
    if let resolution {
      lines.append("    resolved \(resolution.at.rfc3339) by \(resolution.by): \(resolution.note)")
    }
    return lines
  }
}
