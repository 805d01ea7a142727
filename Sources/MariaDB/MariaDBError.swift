/// A failure reported by MariaDB, by its client library, or by this wrapper.
package struct MariaDBError: Error, Sendable {
  /// What a caller may do about a failure.
  package enum Kind: Sendable {
    /// The row is there already: a unique key forbids it a second time (1062).
    case duplicateKey
    /// The transaction did not happen and may be run again as a whole: deadlock (1213), lock wait
    /// (1205), changed snapshot (1020), cluster node not ready (1047).
    case retryTransaction
    /// The connection is gone, or could not be opened. A single statement outside a transaction may
    /// have been executed; a transaction that was not being committed has not happened.
    case lost
    /// The answer to COMMIT was lost: the transaction may have happened.
    case commitUnknown
    /// A result has another shape than the reader expected.
    case decoding
    /// Everything else: a mistake in SQL, a refused value, a passed deadline.
    case other
  }

  /// MariaDB's or the client library's error number; 0 when the failure is this wrapper's.
  package let code: UInt32
  /// Five characters, e.g. `23000`.
  package let sqlState: String
  /// What went wrong, without any bound value.
  package let message: String
  /// What a caller may do about it.
  package let kind: Kind
}

extension MariaDBError: CustomStringConvertible {
  package var description: String {
    code == 0 ? "MariaDB: \(message)" : "MariaDB error \(code) (\(sqlState)): \(message)"
  }
}

extension MariaDBError {
  /// - Parameter text: the server's or the library's own words, which may quote values.
  init(code: UInt32, sqlState: String, text: String) {
    self.init(
      code: code, sqlState: sqlState, message: withoutValues(text, code: code),
      kind: Kind(code: code))
  }

  static func decoding(_ message: String) -> MariaDBError {
    MariaDBError(code: 0, sqlState: "HY000", message: message, kind: .decoding)
  }

  static func refused(_ message: String) -> MariaDBError {
    MariaDBError(code: 0, sqlState: "HY000", message: message, kind: .other)
  }

  /// "Timeout expired" of ODBC.
  private static let stateOfPassedDeadline = "HYT00"

  static var deadlinePassed: MariaDBError {
    MariaDBError(
      code: 0, sqlState: stateOfPassedDeadline,
      message: "the deadline passed before the statement was sent", kind: .other)
  }

  /// This failure as the answer to COMMIT. Only a deadlock (which is also how a cluster says that
  /// another node won) and a changed snapshot say for certain that nothing was committed.
  var atCommit: MariaDBError {
    switch code {
    case 1213, 1020: self
    default: MariaDBError(code: code, sqlState: sqlState, message: message, kind: .commitUnknown)
    }
  }

  /// Whether the server forgot a prepared statement (1243) or gave up preparing it again (1615);
  /// in both cases it was not executed.
  var asksToPrepareAgain: Bool { code == 1243 || code == 1615 }
}

/// Failures that stay until somebody changes an account, its rights, the tables or the program.
private let codesThatStay: Set<UInt32> = [
  1044, 1045, 1130, 1698,  // who may log in, from where, and to which database
  1251, 1275, 1524, 1820, 1862, 2059, 4151,  // how: plugins, expired passwords, locked accounts
  1142, 1143, 1227, 1370, 1396, 1410,  // rights
  1046, 1049, 1050, 1051, 1054, 1060, 1061, 1091, 1146,  // databases, tables and columns
  1064, 1193,  // syntax and variables of another server
  1048, 1264, 1364, 1366, 1406, 1451, 1452, 4025,  // values that do not fit
]

extension MariaDBError {
  /// Whether a program that is started again later may do better with nothing changed: the server
  /// has no connection to give (1040, 1203, 1226), restarts, only reads for now (1290), or was slow.
  ///
  /// In doubt it may: to try in vain costs lines in a log, not to try costs payments.
  package var mayPass: Bool {
    switch kind {
    case .lost, .retryTransaction, .commitUnknown: true
    case .duplicateKey, .decoding: false
    case .other: code == 0 ? sqlState == Self.stateOfPassedDeadline : !codesThatStay.contains(code)
    }
  }
}

extension MariaDBError {
  /// What to do about a server that says that it stores nothing: read-only, a full disk or table, a
  /// binary log that cannot be written; `nil` when that is not what it says.
  package var whatToDoToStore: String? {
    switch code {
    case 1021, 1026, 1030, 1114:
      "make room on the disk of MariaDB's data, or in its tablespace (innodb_data_file_path)"
    case 1036, 1290, 1665, 1792, 1836:
      "MariaDB is read_only: name the primary server, or SET GLOBAL read_only = OFF"
    case 1598: "look at MariaDB's binary log, which it cannot write as its settings want it"
    default: nil
    }
  }
}

extension MariaDBError.Kind {
  init(code: UInt32) {
    self =
      switch code {
      case 1062: .duplicateKey
      case 1213, 1205, 1020, 1047: .retryTransaction
      // The server ends the connection with its answer: shutdown, abort, network trouble, KILL.
      case 1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927: .lost
      // The client library: cannot connect, or the connection broke or is out of step.
      case 2002, 2003, 2006, 2012, 2013, 2014, 2027, 2048, 2055, 2056, 2057: .lost
      default: .other
      }
  }
}

extension MariaDBError {
  /// Whether the server let us in as its anonymous account (`''@'localhost'`), because it has none
  /// of our name, and then refused what that one may not do.
  package var isOfAnonymousAccount: Bool {
    [1044, 1045, 1142, 1698].contains(code) && message.contains("for user ''@")
  }
}
