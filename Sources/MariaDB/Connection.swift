import Pooling

/// A connection to MariaDB. Closes when it goes out of scope.
///
/// Statements go over as prepared statements, which are kept for the next use of the same text.
/// After a failure of kind `lost` or `commitUnknown` the connection refuses everything and is of no
/// use any more; after one of kind `retryTransaction` inside a transaction it refuses everything
/// until `rollback`, because the server has undone a part or the whole of it already, and what came
/// next would be committed alone.
package struct Connection: ~Copyable, Lendable {
  private let handle: Handle
  private let settings: ConnectionSettings
  private(set) var statements: StatementCache
  private var lastUse: ContinuousClock.Instant
  /// What made the transaction, or the whole connection, impossible to go on with.
  private(set) var failure: MariaDBError?
  /// What is done once the transaction is committed.
  private var effects: [@Sendable () -> Void] = []
  /// No statement is sent and no answer awaited after it.
  var deadline: ContinuousClock.Instant?

  /// The value given to the AUTO_INCREMENT column by the last `execute` or `query`, 0 without one.
  package private(set) var lastInsertID: Int64
  /// False after a failure of kind `lost` or `commitUnknown`, and after a ROLLBACK that failed.
  package private(set) var isUsable: Bool

  /// Connects, sets the session's variables and verifies them.
  ///
  /// - Throws: `MariaDBError`: kind `lost` when there is no server; kind `other` when it is not
  ///   MariaDB 10.6 or later, refuses the user, speaks no TLS over TCP or cannot prove its name, or
  ///   when a session variable keeps another value, which the message then names.
  package init(_ settings: ConnectionSettings) throws(MariaDBError) {
    try self.init(settings, until: nil)
  }

  init(
    _ settings: ConnectionSettings, until deadline: ContinuousClock.Instant?
  ) throws(MariaDBError) {
    let handle = try Handle(settings)
    if let fault = ServerFacts.fault(ofVersion: handle.serverVersion) { throw .refused(fault) }
    let opened = ContinuousClock.now
    handle.setPatience(min(settings.statementLimit, deadline.map { $0 - opened } ?? .seconds(60)))
    try SessionVariables(statementLimit: settings.statementLimit).apply(to: handle)
    self.handle = handle
    self.settings = settings
    self.deadline = deadline
    statements = StatementCache()
    lastUse = opened
    failure = nil
    lastInsertID = 0
    isUsable = true
  }

  /// Sends one statement by the text protocol, for what cannot be prepared or is sent once: DDL, SET.
  /// Rows that it returns are discarded.
  package mutating func run(_ sql: String) throws(MariaDBError) {
    try prepareToSend()
    do throws(MariaDBError) { try handle.run(sql) } catch { throw noted(error) }
  }

  /// Executes a statement that returns no rows.
  ///
  /// - Parameter values: one per `?` in `sql`.
  /// - Returns: how many rows were changed. A row that already was as the statement wants it does
  ///   not count, so a guarded UPDATE tells by 0 that somebody else was first.
  /// - Throws: `MariaDBError`; kind `duplicateKey` leaves the transaction as it was before.
  @discardableResult
  package mutating func execute(
    _ sql: String, _ values: [Value] = []
  ) throws(MariaDBError) -> Int {
    try prepared(sql) { statement throws(MariaDBError) in
      _ = try statement.execute(values)
      return statement.changedRows
    }
  }

  /// Executes a statement and returns all its rows.
  ///
  /// - Parameter values: one per `?` in `sql`.
  /// - Throws: `MariaDBError`; kind `decoding` when a column's type is not carried (floating point,
  ///   dates and times, bit fields) or an unsigned integer is beyond `Int64`.
  package mutating func query(
    _ sql: String, _ values: [Value] = []
  ) throws(MariaDBError) -> [Row] {
    try prepared(sql) { statement throws(MariaDBError) in try statement.execute(values) }
  }

  /// Begins a transaction.
  package mutating func begin() throws(MariaDBError) {
    effects = []
    try run("BEGIN")
  }

  /// Has something done once it is certain that the transaction is committed, and only then; at once
  /// where there is none. For what must not be told too early, such as a line of the log.
  package mutating func afterCommit(_ effect: @escaping @Sendable () -> Void) {
    if handle.isInTransaction { effects.append(effect) } else { effect() }
  }

  mutating func takeEffects() -> [@Sendable () -> Void] {
    defer { effects = [] }
    return effects
  }

  /// Commits.
  ///
  /// - Throws: `MariaDBError`: kind `retryTransaction` when nothing was committed, `commitUnknown`
  ///   when nobody can tell: read by unique key on another connection what became of it.
  package mutating func commit() throws(MariaDBError) {
    // Less time than a disk needs would turn a sure "no" into an unknown outcome.
    try prepareToSend(atLeast: .milliseconds(50))
    do throws(MariaDBError) { try handle.run("COMMIT") } catch { throw noted(error.atCommit) }
  }

  /// Undoes the transaction; a connection on which even that fails is not used again.
  package mutating func rollback() throws(MariaDBError) {
    if isUsable { failure = nil }
    // A short grace after the deadline: closing the connection instead would cost a new one.
    try prepareToSend(grace: .milliseconds(250))
    do throws(MariaDBError) {
      try handle.run("ROLLBACK")
    } catch {
      isUsable = false
      throw noted(error)
    }
  }

  /// Leaves no transaction behind for the next user.
  mutating func leaveTransaction() {
    guard isUsable, handle.isInTransaction || failure != nil else { return }
    // After a failure the connection is closed, and the server rolls back by itself.
    try? rollback()
  }

  /// Whether a connection that was idle may be used: the server neither closed it nor, where it was
  /// idle for long, vanished without a word.
  mutating func isAlive() -> Bool {
    guard isUsable, !handle.isClosedByServer else { return false }
    if ContinuousClock.now - lastUse < .seconds(1) { return true }
    do { try prepareToSend() } catch { return false }
    return handle.ping()
  }

  /// What the server says about itself, for the check before the start.
  package mutating func serverFacts() throws(MariaDBError) -> ServerFacts {
    let rows = try query("SHOW GLOBAL VARIABLES")
    return ServerFacts(version: handle.serverVersion, variables: try variables(rows))
  }

  private mutating func prepared<Result>(
    _ sql: String, _ use: (Statement) throws(MariaDBError) -> Result
  ) throws(MariaDBError) -> Result {
    try prepareToSend()
    do throws(MariaDBError) {
      return try attempt(sql, use)
    } catch {
      // Duplicates are daily business; after anything else it is safer to prepare anew.
      if error.kind != .duplicateKey { statements.forget(sql) }
      guard error.asksToPrepareAgain else { throw noted(error) }
    }
    do throws(MariaDBError) { return try attempt(sql, use) } catch { throw noted(error) }
  }

  private mutating func attempt<Result>(
    _ sql: String, _ use: (Statement) throws(MariaDBError) -> Result
  ) throws(MariaDBError) -> Result {
    let statement = try statements.statement(sql, on: handle)
    let result = try use(statement)
    lastInsertID = statement.insertID
    return result
  }

  /// - Parameters:
  ///   - time: what must be left until the deadline.
  ///   - grace: what is granted even when less is left.
  private mutating func prepareToSend(
    atLeast time: Duration = .milliseconds(1), grace: Duration = .zero
  ) throws(MariaDBError) {
    if let failure { throw failure }
    lastUse = .now
    var patience = settings.statementLimit
    if let deadline {
      patience = min(patience, max(deadline - lastUse, grace))
      guard patience >= time else { throw .deadlinePassed }
    }
    handle.setPatience(patience)
  }

  private mutating func noted(_ error: MariaDBError) -> MariaDBError {
    switch error.kind {
    case .lost, .commitUnknown:
      isUsable = false
      failure = error
    case .retryTransaction:
      if handle.isInTransaction { failure = error }
    case .duplicateKey, .decoding, .other: break
    }
    return error
  }
}
