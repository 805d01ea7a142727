import ArgumentParser
import Gateway
import MariaDB
import Pooling
import Store

/// Exit codes, as scripts and systemd know them. Source: `sysexits.h`.
extension ExitCode {
  /// A server that is needed is out of reach (`EX_UNAVAILABLE`).
  static let unavailable = ExitCode(69)
  /// It may work in a moment (`EX_TEMPFAIL`).
  static let temporary = ExitCode(75)
  /// The configuration, or what it names, must be changed first (`EX_CONFIG`).
  static let configuration = ExitCode(78)
}

/// Runs a command's work; a failure becomes a message on standard error and an exit code.
func reportingFailure(_ work: () throws -> Void) throws {
  do {
    try work()
  } catch let error as ExitCode {
    throw error
  } catch let error as ValidationError {
    throw error
  } catch let error as SettingsFaults {
    for fault in error.faults { Console.say(fault.description) }
    throw ExitCode.configuration
  } catch let error as MigrationRefusal {
    Console.say("weixinpay: \(error)")
    if case .runsAlready = error { throw ExitCode.temporary }
    throw ExitCode.configuration
  } catch let error as MariaDBError {
    Console.say("weixinpay: \(error)\n\(error.advice)")
    throw error.exitCode
  } catch is PoolExhausted {
    Console.say("weixinpay: the database gave no connection in time; try again")
    throw ExitCode.temporary
  } catch let error as ServeFailure {
    Console.say("weixinpay: \(error)")
    throw ExitCode.temporary
  } catch {
    Console.say("weixinpay: \(error)")
    throw ExitCode.configuration
  }
}

extension MariaDBError {
  fileprivate var exitCode: ExitCode {
    // systemd tries again after the first two, and leaves the third to an operator.
    if kind == .lost { .unavailable } else if mayPass { .temporary } else { .configuration }
  }

  fileprivate var advice: String {
    switch (kind, code) {
    case (.lost, _), (_, 2005):
      "Is MariaDB running, and does the section database name its socket or host?"
    case (_, 1040), (_, 1203), (_, 1226):
      "All connections are taken. Try again; if it stays so, set max_connections higher in MariaDB"
        + " (or the account's own limit), or processes and connections lower here."
    case (_, 1461): "Set max_prepared_stmt_count higher in MariaDB."
    case (_, 1129): "MariaDB has shut this host out: run FLUSH HOSTS there."
    case (_, 2026): "Look at database.ca_file and at the certificate of the server."
    case _ where mayPass: "Run the command again; if it stays so, look at MariaDB's own log."
    default:
      "`weixinpay check` tells what is wrong. An account without a password works for the operating"
        + " system's user of the same name only: let that user run the command, as in"
        + " `runuser -u weixinpay -- weixinpay …`."
    }
  }
}
