import MariaDB
import Pooling
import Synchronization
import TestSupport
import Testing

/// Transactions and the pool on a server that is well.
@Suite struct DatabaseTests {
  private struct Refusal: Error {}

  private let settings: ConnectionSettings
  private let database: Database
  private var soon: ContinuousClock.Instant { .now + .seconds(30) }

  init() throws {
    let server = try PrivateMariaDB.shared
    settings = server.settings(database: try server.createDatabase())
    database = Database(settings, connections: 4)
    var connection = try Connection(settings)
    try connection.run("CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT NOT NULL DEFAULT 0)")
  }

  private func ids() throws -> [Int64] {
    var connection = try Connection(settings)
    return try connection.query("SELECT id FROM t ORDER BY id").map { row in
      try row.integer("id")
    }
  }

  @Test func `a transaction is there once it returned`() throws {
    try database.transaction(until: soon) { connection in
      try connection.execute("INSERT INTO t (id) VALUES (?)", [.integer(1)])
      try connection.execute("INSERT INTO t (id) VALUES (?)", [.integer(2)])
    }
    #expect(try ids() == [1, 2])
  }

  @Test func `what is to follow a commit follows it, once, and a rollback never`() throws {
    let told = Mutex<[Int64]>([])
    @Sendable func tell(_ id: Int64) { told.withLock { $0.append(id) } }
    try database.transaction(until: soon) { connection in
      try connection.execute("INSERT INTO t (id) VALUES (?)", [.integer(1)])
      connection.afterCommit { tell(1) }
      #expect(told.withLock(\.self).isEmpty)
    }
    #expect(throws: Refusal.self) {
      try database.transaction(until: soon) { connection in
        connection.afterCommit { tell(2) }
        throw Refusal()
      }
    }
    try database.transaction(until: soon) { connection in
      try connection.execute("INSERT INTO t (id) VALUES (?)", [.integer(3)])
    }
    #expect(told.withLock(\.self) == [1])
  }

  @Test func `a body that refuses leaves nothing and is not run again`() throws {
    let runs = Counter()
    #expect(throws: Refusal.self) {
      try database.transaction(until: soon) { connection in
        runs.increase()
        try connection.execute("INSERT INTO t (id) VALUES (1)")
        throw Refusal()
      }
    }
    #expect(try ids() == [])
    #expect(runs.count == 1)
  }

  @Test func `a connection given back in any state serves the next`() throws {
    let one = Database(settings, connections: 1)
    let bodies: [@Sendable (inout Connection) throws -> Void] = [
      { connection in _ = try connection.query("SELECT 1 AS v UNION SELECT 2") },
      { connection in try connection.run("SELECT 1 UNION SELECT 2") },
      { connection in _ = try connection.query("SELECT v FROM missing") },
      { connection in _ = try connection.query("SELECT 1 AS v")[0].text("v") },
      { connection in _ = try connection.query("SELECT 1.5e0 AS v UNION SELECT 2.5e0") },
      { connection in _ = try connection.query("SELECT id FROM t WHERE id = 1/0 FOR UPDATE") },
      { connection in try connection.execute("SELECT 1 UNION SELECT 2") },
      { connection in try connection.begin() },
    ]
    for body in bodies {
      #expect(throws: (any Error).self) {
        try one.transaction(until: soon) { connection in
          try body(&connection)
          throw Refusal()
        }
      }
      try? one.withConnection(until: soon) { connection in try body(&connection) }
      let row = try one.withConnection(until: soon) { connection in
        try connection.query("SELECT CONNECTION_ID() AS id, @@in_transaction AS open")[0]
      }
      #expect(try row.integer("open") == 0)
    }
  }

  @Test func `a transaction left open by its borrower is undone`() throws {
    let one = Database(settings, connections: 1)
    try one.withConnection(until: soon) { connection in
      try connection.begin()
      try connection.execute("INSERT INTO t (id) VALUES (1)")
    }
    try one.transaction(until: soon) { connection in
      try connection.execute("INSERT INTO t (id) VALUES (2)")
    }
    #expect(try ids() == [2])
  }

  @Test func `a duplicate leaves the rest of the transaction as it was`() throws {
    try database.transaction(until: soon) { connection in
      try connection.execute("INSERT INTO t (id) VALUES (1)")
      let error = #expect(throws: MariaDBError.self) {
        try connection.execute("INSERT INTO t (id) VALUES (1)")
      }
      #expect(error?.kind == .duplicateKey)
      try connection.execute("INSERT INTO t (id) VALUES (2)")
    }
    #expect(try ids() == [1, 2])
  }

  @Test func `of two that deadlock both succeed, one of them by a second run`() throws {
    try database.withConnection(until: soon) { connection in
      try connection.run("INSERT INTO t (id) VALUES (1), (2)")
    }
    let runs = Counter()
    let meeting = Meeting(2)
    try concurrently(2) { number in
      let order: [Int64] = number == 0 ? [1, 2] : [2, 1]
      try database.transaction(until: soon) { connection in
        let isFirstRun = runs.increase() <= 2
        let add = "UPDATE t SET v = v + 1 WHERE id = ?"
        try connection.execute(add, [.integer(order[0])])
        if isFirstRun { meeting.wait() }
        try connection.execute(add, [.integer(order[1])])
      }
    }
    let sum = try database.withConnection(until: soon) { connection in
      try connection.query("SELECT SUM(v) AS v FROM t")[0].integer("v")
    }
    #expect(sum == 4)
    #expect(runs.count >= 3)
  }

  /// X15: the server undoes only the statement that waited too long.
  @Test(arguments: [false, true])
  func `a lock wait undoes the whole transaction`(_ bodySwallowsIt: Bool) throws {
    try database.withConnection(until: soon) { connection in
      try connection.run("INSERT INTO t (id) VALUES (1)")
    }
    var holder = try Connection(settings)
    try holder.begin()
    try holder.execute("UPDATE t SET v = 1 WHERE id = 1")
    let runs = Counter()
    let error = #expect(throws: MariaDBError.self) {
      try database.transaction(until: .now + .milliseconds(2_500)) { connection in
        runs.increase()
        try connection.execute("INSERT INTO t (id) VALUES (2)")
        do {
          try connection.execute("UPDATE t SET v = 2 WHERE id = 1")
        } catch {
          if !bodySwallowsIt { throw error }
        }
      }
    }
    #expect(error?.code == 1205 || error?.code == 2013 || error?.code == 0, "\(error as Any)")
    #expect(runs.count >= 2)
    try holder.rollback()
    #expect(try ids() == [1])
  }

  @Test func `after a lock wait nothing more is sent in that transaction`() throws {
    try database.withConnection(until: soon) { connection in
      try connection.run("INSERT INTO t (id) VALUES (1)")
    }
    var holder = try Connection(settings)
    try holder.begin()
    try holder.execute("UPDATE t SET v = 1 WHERE id = 1")
    var waiter = try Connection(settings)
    try waiter.begin()
    try waiter.execute("INSERT INTO t (id) VALUES (2)")
    for sql in ["UPDATE t SET v = 2 WHERE id = 1", "INSERT INTO t (id) VALUES (3)", "SELECT 1"] {
      let error = #expect(throws: MariaDBError.self) { try waiter.execute(sql) }
      #expect(error?.code == 1205)
    }
    #expect(throws: MariaDBError.self) { try waiter.commit() }
    try waiter.rollback()
    try waiter.execute("INSERT INTO t (id) VALUES (4)")
    try holder.rollback()
    #expect(try ids() == [1, 4])
  }

  @Test func `a transaction that waits for a lock ends at its deadline`() throws {
    try database.withConnection(until: soon) { connection in
      try connection.run("INSERT INTO t (id) VALUES (1)")
    }
    var holder = try Connection(settings)
    try holder.begin()
    try holder.execute("UPDATE t SET v = 1 WHERE id = 1")
    let start = ContinuousClock.now
    #expect(throws: MariaDBError.self) {
      try database.transaction(until: start + .milliseconds(300)) { connection in
        try connection.execute("UPDATE t SET v = 2 WHERE id = 1")
      }
    }
    #expect(ContinuousClock.now - start < .milliseconds(900))
    try holder.rollback()
  }

  @Test func `nothing is sent after the deadline`() throws {
    #expect(throws: (any Error).self) {
      try database.transaction(until: .now + .milliseconds(200)) { connection in
        try connection.execute("INSERT INTO t (id) VALUES (1)")
        while (try? connection.query("SELECT 1")) != nil {}
      }
    }
    #expect(try ids() == [])
  }

  @Test func `who finds all connections lent is told so at its deadline`() throws {
    let one = Database(settings, connections: 1)
    try one.withConnection(until: soon) { _ in
      #expect(throws: PoolExhausted.self) {
        try one.transaction(until: .now + .milliseconds(50)) { _ in }
      }
    }
    try one.transaction(until: soon) { connection in _ = try connection.query("SELECT 1") }
  }

  @Test func `a connection killed in a transaction costs a second run and no error`() throws {
    let runs = Counter()
    try database.transaction(until: soon) { connection in
      try connection.execute("INSERT INTO t (id) VALUES (1)")
      if runs.increase() == 1 {
        let id = try connection.query("SELECT CONNECTION_ID() AS id")[0].integer("id")
        var other = try Connection(settings)
        try other.run("KILL CONNECTION \(id)")
      }
      try connection.execute("INSERT INTO t (id) VALUES (2)")
    }
    #expect(try ids() == [1, 2])
    #expect(runs.count == 2)
  }

  @Test func `a connection killed while idle is replaced unnoticed`() throws {
    let one = Database(settings, connections: 1)
    for _ in 0..<3 {
      let id = try one.withConnection(until: soon) { connection in
        try connection.query("SELECT CONNECTION_ID() AS id")[0].integer("id")
      }
      var other = try Connection(settings)
      try other.run("KILL CONNECTION \(id)")
      while try !other.query(
        "SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ?", [.integer(id)]
      ).isEmpty {}
      let next = try one.withConnection(until: soon) { connection in
        try connection.query("SELECT CONNECTION_ID() AS id")[0].integer("id")
      }
      #expect(next != id)
    }
  }

  @Test func `a connection that broke refuses everything`() throws {
    var connection = try Connection(settings)
    let id = try connection.query("SELECT CONNECTION_ID() AS id")[0].integer("id")
    var other = try Connection(settings)
    try other.run("KILL CONNECTION \(id)")
    for _ in 0..<3 {
      let error = #expect(throws: MariaDBError.self) { try connection.query("SELECT 1") }
      #expect(error?.kind == .lost)
    }
    let isUsable = connection.isUsable
    #expect(!isUsable)
    #expect(throws: MariaDBError.self) { try connection.rollback() }
  }

  @Test func `a changed table costs a transaction a second run and no error`() throws {
    let one = Database(settings, connections: 1)
    for column in ["a", "b"] {
      var other = try Connection(settings)
      try other.run("ALTER TABLE t ADD \(column) INT")
      try one.transaction(until: soon) { connection in
        try connection.execute("INSERT INTO t (id) SELECT COALESCE(MAX(id), 0) + 1 FROM t")
        #expect(try connection.query("SELECT * FROM t")[0].optionalInteger(column) == nil)
      }
    }
    #expect(try ids() == [1, 2])
  }

  @Test func `a hundred threads share four connections`() throws {
    let connections = Mutex<Set<Int64>>([])
    try database.withConnection(until: soon) { connection in
      try connection.run("INSERT INTO t (id) VALUES (0)")
    }
    try concurrently(100) { thread in
      for round in 0..<5 {
        let id = try database.transaction(until: .now + .seconds(60)) { connection in
          try connection.execute(
            "INSERT INTO t (id) VALUES (?)", [.integer(Int64(1 + thread * 5 + round))])
          return try connection.query("SELECT CONNECTION_ID() AS id")[0].integer("id")
        }
        _ = connections.withLock { $0.insert(id) }
      }
    }
    #expect(try ids() == Array(0...500))
    #expect(connections.withLock { $0.count } <= 4)
  }
}

/// Lets threads go on once all have come.
private final class Meeting: Sendable {
  private let missing: Mutex<Int>

  init(_ count: Int) { missing = Mutex(count) }

  func wait() {
    missing.withLock { $0 -= 1 }
    while missing.withLock({ $0 > 0 }) {}
  }
}
