import Glibc
import Pooling

/// A MariaDB database, reached by a bounded number of connections.
///
/// Connections are opened when first needed. One that the server closed while it was idle is
/// replaced before it is lent, so a restart of the server is not felt afterwards.
///
/// A deadline bounds everything: the wait for a connection, each answer, each repetition. Only the
/// opening of a connection may overrun it, by the 1 second that a silent server is given to greet.
package final class Database: Sendable {
  private let settings: ConnectionSettings
  private let pool: Pool<Connection>

  /// - Parameter connections: how many there may be at once, at least 1.
  package init(_ settings: ConnectionSettings, connections: Int) {
    self.settings = settings
    pool = Pool(capacity: connections) { try Connection(settings) }
  }

  /// Lends a connection for single statements, each of which is committed by itself.
  ///
  /// Nothing is repeated: when a statement fails as `lost`, nobody knows whether it was executed.
  /// A transaction that `body` leaves open is rolled back.
  ///
  /// - Throws: `PoolExhausted` when no connection came free in time; `MariaDBError`; what `body`
  ///   throws.
  @discardableResult
  package func withConnection<Result>(
    until deadline: ContinuousClock.Instant, _ body: (inout Connection) throws -> Result
  ) throws -> Result {
    guard deadline > .now else { throw MariaDBError.deadlinePassed }
    return try pool.lend(patience: deadline - .now) { connection in
      connection.deadline = deadline
      if !connection.isAlive() { connection = try Connection(settings, until: deadline) }
      defer { connection.leaveTransaction() }
      return try body(&connection)
    }
  }

  /// Runs `body` between BEGIN and COMMIT.
  ///
  /// `body` may run several times, each time in a transaction of its own. It must therefore decide
  /// on what it reads in the same run, and when it finds its own work done already (by unique key),
  /// change nothing and return the same. It runs again, at most three times and not past the
  /// deadline, after a deadlock, a lock wait or a lost connection, and when the answer to COMMIT was
  /// lost: then it is the second run that finds out.
  ///
  /// An error of this kind decides even if `body` swallowed it: nothing is ever committed in half.
  /// When `body` throws, the transaction is rolled back.
  ///
  /// - Throws: `PoolExhausted` when no connection came free in time; `MariaDBError`, of kind
  ///   `commitUnknown` when it could not be found out whether the transaction happened; what `body`
  ///   throws.
  @discardableResult
  package func transaction<Result>(
    until deadline: ContinuousClock.Instant, _ body: (inout Connection) throws -> Result
  ) throws -> Result {
    try withConnection(until: deadline) { connection in
      var repetition = Repetition(deadline: deadline)
      var doubtful: [@Sendable () -> Void] = []
      while true {
        do {
          let result = try attempt(&connection, until: deadline, body)
          let effects = connection.takeEffects()
          // After a COMMIT whose answer was lost, a run that finds nothing left to do proves that
          // what went before was committed.
          for effect in effects.isEmpty ? doubtful : effects { effect() }
          return result
        } catch {
          let effects = connection.takeEffects()
          if (error as? MariaDBError)?.kind == .commitUnknown { doubtful = effects }
          let pause = try repetition.pause(after: error, at: .now)
          usleep(UInt32(pause.milliseconds) * 1000)
        }
      }
    }
  }

  private func attempt<Result>(
    _ connection: inout Connection, until deadline: ContinuousClock.Instant,
    _ body: (inout Connection) throws -> Result
  ) throws -> Result {
    if !connection.isUsable { connection = try Connection(settings, until: deadline) }
    do {
      try connection.begin()
      let result = try body(&connection)
      try connection.commit()
      return result
    } catch {
      // What `body` concluded from a broken transaction, or made of its error, does not count.
      let cause = connection.failure ?? error
      connection.leaveTransaction()
      throw cause
    }
  }
}
