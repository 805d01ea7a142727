import ArgumentParser
import Configuration
import Gateway
import MariaDB
import Payments
import Store

struct MigrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Create or update the database, and the account that serve uses.",
    discussion: "Running it twice changes nothing. As root of the machine no password is needed.")

  @OptionGroup var configuration: ConfigurationOptions

  @Option(help: "The database account that may create databases and accounts.")
  var administrator = "root"

  @Option(help: "A file with that account's password, if it has one.")
  var administratorPasswordFile: String?

  func run() throws {
    try reportingFailure(file: configuration.file, advising: advice) {
      let database = try Settings.read(file: configuration.file).database
      let password = try administratorPasswordFile.map { try Secret.read(file: $0) }
      let migrator = Migrator(
        administrator: database.connection(as: administrator, password: password, database: nil),
        database: database.name,
        service: Migrator.ServiceAccount(
          user: database.user, password: database.password?.revealed))
      let report = try migrator.apply()
      Console.show(report.applied.map { "applied \($0)" })
      if report.isServiceAccountNew { Console.show("created the account \(database.user)") }
      for grant in report.granted {
        let tables = grant.tables.joined(separator: ", ")
        Console.show("granted \(database.user) \(grant.right) on \(tables)")
      }
      if report.hasChangedNothing { Console.show("nothing to do: the database is up to date") }
      if !report.isServiceAccountLimited {
        Console.say(
          "warning: \(database.user) is also the administrator, so that serve could change the"
            + " journal; give database.user an account of its own")
      }
    }
  }

  /// An administrator migrates, not the service's account.
  private func advice(_ error: MariaDBError) -> String? {
    if error.kind == .lost || error.mayPass { return nil }
    switch error.code {
    case 1044, 1045, 1142, 1227, 1370, 1410, 1698:
      return
        "Run `\(OperatorCommand.migrate(configuration.file))` as root of this machine, not as the service's user;"
        + " or name an account that may create databases and accounts by --administrator and"
        + " --administrator-password-file."
    case 2000...2099: return nil
    default:
      return
        "Run `\(OperatorCommand.migrate(configuration.file))` once more: it tells which migration was begun and not"
        + " finished, and how to complete or undo it."
    }
  }
}
