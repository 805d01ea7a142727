import MariaDB
import TestSupport
import Testing

@Suite struct ConnectionTests {
  private let settings: ConnectionSettings

  init() throws {
    let server = try PrivateMariaDB.shared
    settings = server.settings(database: try server.createDatabase())
  }

  private func connection(_ tables: String...) throws -> Connection {
    var connection = try Connection(settings)
    for table in tables { try connection.run("CREATE TABLE \(table)") }
    return connection
  }

  @Test(arguments: [
    Value.null, .integer(0), .integer(-1), .integer(.min), .integer(.max),
  ])
  func `an integer comes back as it went`(_ value: Value) throws {
    var connection = try connection("t (v BIGINT)")
    try connection.execute("INSERT INTO t VALUES (?)", [value])
    let row = try #require(try connection.query("SELECT v FROM t").first)
    switch value {
    case .integer(let integer): #expect(try row.integer("v") == integer)
    default: #expect(try row.optionalInteger("v") == nil)
    }
  }

  @Test(arguments: [
    "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "DECIMAL(20,0)", "TINYINT UNSIGNED",
    "INT UNSIGNED", "BIGINT UNSIGNED",
  ])
  func `integers of every width are read alike`(_ type: String) throws {
    var connection = try connection("t (v \(type), n \(type))")
    try connection.execute("INSERT INTO t VALUES (?, ?)", [.integer(101), .null])
    let row = try #require(try connection.query("SELECT v, n FROM t").first)
    #expect(try row.integer("v") == 101)
    #expect(try row.optionalInteger("n") == nil)
  }

  @Test func `a sum of integers is an integer`() throws {
    var connection = try connection("t (v BIGINT)")
    try connection.run("INSERT INTO t VALUES (40), (2)")
    #expect(try connection.query("SELECT SUM(v) AS total FROM t")[0].integer("total") == 42)
  }

  @Test func `an unsigned integer beyond Int64 is an error and not another number`() throws {
    var connection = try connection("t (v BIGINT UNSIGNED)")
    try connection.run("INSERT INTO t VALUES (18446744073709551615)")
    let error = #expect(throws: MariaDBError.self) { try connection.query("SELECT v FROM t") }
    #expect(error?.kind == .decoding)
    #expect(try connection.query("SELECT 1 AS one")[0].integer("one") == 1)
  }

  @Test func `an integer too large for its column is refused and not cut`() throws {
    var connection = try connection("t (v TINYINT)")
    let error = #expect(throws: MariaDBError.self) {
      try connection.execute("INSERT INTO t VALUES (?)", [.integer(128)])
    }
    #expect(error?.code == 1264)
    #expect(try connection.query("SELECT v FROM t").isEmpty)
  }

  @Test(arguments: [
    "", "a", "订单 1", "😀", "e\u{301}", "it's \\ \"quoted\" \u{0} %",
    String(repeating: "字", count: 21_845),
  ])
  func `a text comes back as it went`(_ text: String) throws {
    var connection = try connection("t (v MEDIUMTEXT CHARACTER SET utf8mb4)")
    try connection.execute("INSERT INTO t VALUES (?)", [.text(text)])
    let row = try connection.query("SELECT v FROM t")[0]
    #expect(try Array(row.text("v").utf8) == Array(text.utf8))
  }

  @Test(arguments: [
    [], [0], [0xff, 0xc0, 0x80, 0x00, 0x27], Array(repeating: 0xfe, count: 65_536),
  ])
  func `bytes that are no text come back as they went`(_ bytes: [UInt8]) throws {
    var connection = try connection("t (v MEDIUMBLOB, w VARBINARY(64000))")
    try connection.execute(
      "INSERT INTO t VALUES (?, ?)", [.bytes(bytes), .bytes(Array(bytes.prefix(64_000)))])
    let row = try connection.query("SELECT v, w FROM t")[0]
    #expect(try row.bytes("v") == bytes)
    #expect(try row.bytes("w") == Array(bytes.prefix(64_000)))
  }

  @Test func `bytes that are not UTF-8 are never repaired into a text`() throws {
    var connection = try connection("t (v VARBINARY(8))")
    try connection.execute("INSERT INTO t VALUES (?)", [.bytes([0x61, 0xff])])
    let row = try connection.query("SELECT v FROM t")[0]
    let error = #expect(throws: MariaDBError.self) { try row.text("v") }
    #expect(error?.kind == .decoding)
  }

  @Test func `bytes that are not UTF-8 do not get into a text column`() throws {
    var connection = try connection("t (v VARCHAR(8) CHARACTER SET utf8mb4)")
    #expect(throws: MariaDBError.self) {
      try connection.execute("INSERT INTO t VALUES (?)", [.bytes([0x61, 0xff])])
    }
    #expect(try connection.query("SELECT v FROM t").isEmpty)
  }

  @Test func `NULL, empty, long and short values of one column do not mix`() throws {
    var connection = try connection("t (id INT PRIMARY KEY, v MEDIUMTEXT, n BIGINT)")
    let texts: [String?] = [nil, "", String(repeating: "x", count: 70_000), "y", nil, "z"]
    for (id, text) in texts.enumerated() {
      let value = text.map(Value.text) ?? .null
      let number = text == nil ? Value.integer(Int64(id)) : .null
      try connection.execute(
        "INSERT INTO t VALUES (?, ?, ?)", [.integer(Int64(id)), value, number])
    }
    let rows = try connection.query("SELECT v, n FROM t ORDER BY id")
    #expect(try rows.map { row in try row.optionalText("v") } == texts)
    #expect(try rows.map { row in try row.optionalInteger("n") } == [0, nil, nil, nil, 4, nil])
  }

  @Test func `a reader is told what is wrong with the column`() throws {
    var connection = try connection("t (v VARCHAR(8), n INT)")
    try connection.run("INSERT INTO t VALUES ('secret', NULL)")
    let row = try connection.query("SELECT v, n FROM t")[0]
    let failures = [
      #expect(throws: MariaDBError.self) { try row.integer("v") },
      #expect(throws: MariaDBError.self) { try row.integer("n") },
      #expect(throws: MariaDBError.self) { try row.text("V") },
    ]
    #expect(
      failures.map { $0?.message } == [
        "column v is not an integer", "column n is NULL", "the result has no column V",
      ])
  }

  @Test(arguments: ["DOUBLE", "DATETIME", "DATE", "BIT(1)"])
  func `a type that is not carried is refused by the column's name`(_ type: String) throws {
    var connection = try connection("t (v \(type))")
    let error = #expect(throws: MariaDBError.self) { try connection.query("SELECT v FROM t") }
    #expect(error?.kind == .decoding)
    #expect(error?.message.contains("column v") == true)
    let isUsable = connection.isUsable
    #expect(isUsable)
  }

  /// X20: with the default collation, all of these are one order.
  @Test func `order numbers that differ in any byte are different orders`() throws {
    let column = "VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin"
    var connection = try connection("t (no \(column) PRIMARY KEY)")
    for number in ["Abc", "aBC", "abc", "abc "] {
      try connection.execute("INSERT INTO t VALUES (?)", [.text(number)])
    }
    for number in ["Abc", "abc "] {
      let rows = try connection.query("SELECT no FROM t WHERE no = ?", [.text(number)])
      #expect(try rows.map { row in try row.text("no") } == [number])
    }
    for stranger in ["ABC", "abc  ", "abc\u{0}"] {
      #expect(try connection.query("SELECT no FROM t WHERE no = ?", [.text(stranger)]).isEmpty)
    }
    for stranger in ["Ábc", "😀"] {
      let error = #expect(throws: MariaDBError.self) {
        try connection.query("SELECT no FROM t WHERE no = ?", [.text(stranger)])
      }
      #expect(error?.code == 1267)
    }
  }

  @Test func `a row that stays as it is does not count as changed`() throws {
    var connection = try connection("t (id INT PRIMARY KEY, v INT)")
    try connection.run("INSERT INTO t VALUES (1, 1)")
    let sql = "UPDATE t SET v = ? WHERE id = 1"
    #expect(try connection.execute(sql, [.integer(2)]) == 1)
    #expect(try connection.execute(sql, [.integer(2)]) == 0)
  }

  @Test func `the number given to a new row is known`() throws {
    var connection = try connection("t (id BIGINT AUTO_INCREMENT PRIMARY KEY, v INT)")
    try connection.execute("INSERT INTO t (v) VALUES (?)", [.integer(7)])
    try connection.execute("INSERT INTO t (v) VALUES (?)", [.integer(7)])
    #expect(connection.lastInsertID == 2)
    let rows = try connection.query("INSERT INTO t (v) VALUES (8) RETURNING id")
    #expect(try rows[0].integer("id") == 3)
  }

  @Test func `a statement outlives a change of its columns' types`() throws {
    var connection = try connection("t (v INT)")
    try connection.run("INSERT INTO t VALUES (1)")
    #expect(try connection.query("SELECT v FROM t")[0].integer("v") == 1)
    try connection.run("ALTER TABLE t MODIFY v BIGINT, ADD w INT")
    #expect(try connection.query("SELECT v FROM t")[0].integer("v") == 1)
    try connection.run("ALTER TABLE t MODIFY v VARCHAR(20)")
    #expect(try connection.query("SELECT v FROM t")[0].text("v") == "1")
  }

  @Test func `rows that run does not read are not the next statement's answer`() throws {
    var connection = try connection()
    try connection.run("SELECT 1")
    #expect(try connection.query("SELECT 2 AS two")[0].integer("two") == 2)
  }

  @Test func `two statements in one text are refused`() throws {
    var connection = try connection("t (v INT)")
    #expect(throws: MariaDBError.self) { try connection.run("SELECT 1; INSERT INTO t VALUES (1)") }
    #expect(try connection.query("SELECT v FROM t").isEmpty)
  }

  @Test func `the server cannot ask for a file`() throws {
    let file = try TemporaryFolder().write("secret", to: "f")
    var connection = try connection("t (v TEXT)")
    #expect(throws: MariaDBError.self) {
      try connection.run("LOAD DATA LOCAL INFILE '\(file)' INTO TABLE t")
    }
    var other = try Connection(settings)
    #expect(try other.query("SELECT v FROM t").isEmpty)
  }
}
