import ArgumentParser
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
    try reportingFailure {
      let database = try Settings.read(file: configuration.file).database
      let password = try administratorPasswordFile.map { try Secret.read(file: $0) }
      let migrator = Migrator(
        administrator: database.connection(as: administrator, password: password, database: nil),
        database: database.name,
        service: Migrator.ServiceAccount(
          user: database.user, password: database.password?.revealed))
      var progress = Progress("migrating")
      defer { progress.finish() }
      let report = try migrator.apply { name, done, total in
        progress.show(name, done: done, of: total)
      }
      progress.finish()
      for name in report.applied { print("applied \(name)") }
      if report.applied.isEmpty { print("nothing to do: the database is up to date") }
      if !report.isServiceAccountLimited {
        Console.say(
          "warning: \(database.user) is also the administrator, so that serve could change the"
            + " journal; give database.user an account of its own")
      }
    }
  }
}
