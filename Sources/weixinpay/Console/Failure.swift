import ArgumentParser
import Configuration
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

/// Runs a command's work; a failure becomes a message and an exit code.
///
/// - Parameters:
///   - file: the configuration file, for the commands that the advice names.
///   - log: where the message goes; standard error, as text for a person, when it is `nil`.
///   - advising: what to do about MariaDB's refusal in this command; `nil` for the usual advice.
func reportingFailure(
  file: String, log: FailureLog? = nil, advising: (MariaDBError) -> String? = { _ in nil },
  _ work: () throws -> Void
) throws {
  do {
    try work()
  } catch let error as ExitCode {
    throw error
  } catch let error as ValidationError {
    throw error
  } catch let error as ServeFailure {
    // The log has begun: text would stand in the middle of it.
    (log ?? FailureLog()).tell("serve failed", ["\(error)"])
    throw ExitCode.temporary
  } catch {
    let failure = Failure(error, file: file, advising)
    if let log {
      log.tell("worker failed", failure.reasons, advice: failure.advice)
    } else {
      let program = error is SettingsFaults ? "" : "weixinpay: "
      Console.say(program + failure.reasons.joined(separator: "\n"))
      if let advice = failure.advice { Console.say(advice) }
    }
    throw failure.exitCode
  }
}

private struct Failure {
  let reasons: [String]
  var advice: String?
  let exitCode: ExitCode

  init(_ error: any Error, file: String, _ advising: (MariaDBError) -> String?) {
    switch error {
    case let error as MariaDBError:
      reasons = ["\(error)"]
      advice = advising(error) ?? error.advice(file: file)
      exitCode = error.exitCode
    case is PoolExhausted:
      reasons = ["the database gave no connection in time; try again"]
      exitCode = .temporary
    case MigrationRefusal.runsAlready:
      reasons = ["\(error)"]
      exitCode = .temporary
    default:
      // Several reasons, such as faults of the settings, each have a line.
      reasons = "\(error)".split(separator: "\n").map(String.init)
      exitCode = .configuration
    }
  }
}

extension MariaDBError {
  fileprivate var exitCode: ExitCode {
    // systemd tries again after the first two, and leaves the third to an operator.
    if kind == .lost { .unavailable } else if mayPass { .temporary } else { .configuration }
  }

  fileprivate func advice(file: String) -> String {
    let migrate = OperatorCommand.migrate(file)
    return switch (kind, code) {
    case _ where isOfAnonymousAccount:
      "MariaDB has no account of that name: correct database.user, or run `\(migrate)`"
        + " as root of this machine, which creates it."
    case (.lost, _), (_, 2005):
      "Is MariaDB running, and does the section database name its socket or host?"
    case (_, 1040), (_, 1203), (_, 1226):
      "All connections are taken. Try again; if it stays so, set max_connections higher in MariaDB"
        + " (or the account's own limit), or processes and connections lower here."
    case (_, 1461): "Set max_prepared_stmt_count higher in MariaDB."
    case (_, 1129): "MariaDB has shut this host out: run FLUSH HOSTS there."
    case (_, 2026): "Look at database.ca_file and at the certificate of the server."
    case (_, 1044), (_, 1049), (_, 1142), (_, 1143), (_, 1146):
      "Run `\(migrate)` as root of this machine, or correct database.name."
    case (_, 1045), (_, 1698):
      "Run `\(migrate)` as root of this machine, which creates the account of database.user."
        + " An account without a password works for the operating system's user of the same name"
        + " only: let that user run the command, as in `\(OperatorCommand.asService("check", file))`."
    case _ where mayPass && whatToDoToStore == nil:
      "Run the command again; if it stays so, look at MariaDB's own log."
    default:
      whatToDoToStore.map { "MariaDB stores nothing: \($0)." }
        ?? "`\(OperatorCommand.asService("check", file))` tells what is wrong; if it does not, look at MariaDB's own log."
    }
  }
}
