import ArgumentParser
import Configuration
import Gateway
import Linux
import MariaDB
import Payments
import Server
import Store
import Text
import WeChatPay

struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Tokens of the merchant API.",
    subcommands: [Create.self, List.self, Revoke.self])

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create",
      abstract: "Make a token; it is printed alone on the last line, and cannot be shown again.")

    @OptionGroup var configuration: ConfigurationOptions

    @Option(
      help: "What its holder may do; each role may do what the one before may.",
      transform: Role.init(argument:))
    var role: Role

    @Option(help: "Who holds it; stands in the journal.")
    var name: String

    @Option(help: "The merchant it acts for; needed when there are several.")
    var merchant: String?

    @Option(help: "How many days it is valid.")
    var days = 365

    func validate() throws {
      guard (1...48).contains(name.utf8.count), name.isReadable else {
        throw ValidationError("--name takes 1 to 48 bytes of visible text.")
      }
      guard (1...3650).contains(days) else { throw ValidationError("--days takes 1 to 3650.") }
    }

    func run() throws {
      try reportingFailure(file: configuration.file) {
        let settings = try Settings.read(file: configuration.file)
        let merchant = try settings.merchant(named: merchant)
        let act = Act.ofOperator()
        let token = try MerchantTokens(settings.openDatabase()).create(
          merchant: merchant, name: name, role: role, lifeSeconds: Int64(days) * 86_400, by: act)
        Console.say(
          "A token for \(name), \(role.rawValue) of merchant \(merchant), valid for \(days) days."
            + " Keep it now: it cannot be shown again.")
        print(token)
      }
    }
  }
}

extension TokenCommand {
  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke", abstract: "End every token of a name at once.")

    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: "Who holds it, as given to token create.")
    var name: String

    @Option(help: "The merchant it acts for; needed when there are several.")
    var merchant: String?

    func run() throws {
      try reportingFailure(file: configuration.file) {
        let settings = try Settings.read(file: configuration.file)
        let merchant = try settings.merchant(named: merchant)
        let count = try MerchantTokens(settings.openDatabase()).revoke(
          merchant: merchant, name: name, by: Act.ofOperator())
        guard count > 0 else {
          Console.say("There is no valid token of \(name) of merchant \(merchant).")
          throw ExitCode(1)
        }
        Console.show("Revoked \(count) of \(name).")
      }
    }
  }
}

extension TokenCommand {
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Who holds a token, until when; never the tokens themselves.")

    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: "The merchant; needed when there are several.")
    var merchant: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
      try reportingFailure(file: configuration.file) {
        let settings = try Settings.read(file: configuration.file)
        let merchant = try settings.merchant(named: merchant)
        let act = Act.ofOperator()
        let entries = try MerchantTokens(settings.openDatabase()).list(merchant: merchant, by: act)
        if json {
          let tokens: JSON = ["tokens": .array(entries.map(\.json))]
          print(String(decoding: tokens.bytes, as: UTF8.self))
        } else {
          Console.show(entries.map { $0.line(now: act.now) })
        }
      }
    }
  }
}

extension MerchantTokens.Entry {
  fileprivate var json: JSON {
    [
      "name": JSON(holder.name), "role": JSON(holder.role.rawValue),
      "created_at": JSON(createdAt.rfc3339), "expires_at": JSON(expiresAt.rfc3339),
      "revoked_at": JSON(revokedAt?.rfc3339),
    ]
  }

  fileprivate func line(now: BeijingTime) -> String {
    let state =
      if let revokedAt {
        "revoked \(revokedAt.rfc3339)"
      } else if expiresAt <= now {
        "expired \(expiresAt.rfc3339)"
      } else {
        "valid until \(expiresAt.rfc3339)"
      }
    return "\(holder.name)  \(holder.role.rawValue)  \(state)"
  }
}

extension Role {
  fileprivate init(argument: String) throws {
    guard let role = Role(rawValue: argument) else {
      let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--role takes one of: \(known).")
    }
    self = role
  }
}
