import MariaDB
import Payments
import TestSupport
import Testing

@testable import Gateway

/// Orders that name no payer, under numbers that a stranger can guess.
@Suite struct CheckClaimsTests {
  private let site: ServableFixture

  init() throws {
    site = try ServableFixture()
    try site.migrate()
  }

  private func insert(_ numbers: [String], openID: String? = nil, merchant: String = "main") throws
  {
    var connection = try Connection(site.server.settings(database: site.database))
    for (index, number) in numbers.enumerated() {
      try connection.execute(
        """
        INSERT INTO shop_order (merchant, order_no, openid, total_fee, body, created_at)
        VALUES (?, ?, ?, 1990, 'tea', ?)
        """,
        [
          .text(merchant), .text(number), openID.map(Value.text) ?? .null, .integer(Int64(index)),
        ])
    }
  }

  private static let counted = (1...12).map { "20261121-\(1000 + $0)" }

  @Test func `orders that name nobody, under numbers that count up, are warned about`() throws {
    try insert(Self.counted)
    let finding = try #require(site.finding("shop_order"))
    #expect(finding.level == .warn)
    #expect(finding.sentence.contains("12 of the newest 12 orders of main name no openid"))
    #expect(finding.sentence.contains("numbers like 20261121-1012 can be guessed"))
    #expect(finding.sentence.contains("keeps its buyer out"))
    #expect(finding.remedy?.contains("name the buyer's openid") == true)
    #expect(Check.run(file: site.file).isPassed)
  }

  @Test func `an empty openid of a shop's table names nobody either`() throws {
    try insert(Self.counted, openID: "")
    #expect(site.finding("shop_order")?.level == .warn)
  }

  @Test func `one order without an openid among many is enough`() throws {
    try insert(Array(Self.counted.dropLast()), openID: "oBuyer")
    #expect(site.finding("shop_order") == nil)
    try insert([Self.counted[11]])
    let finding = try #require(site.finding("shop_order"))
    #expect(finding.sentence.contains("1 of the newest 12 orders"), "\(finding.line)")
  }

  @Test func `numbers with random ends are not warned about, nor another merchant's`() throws {
    try insert((0..<40).map { _ in "2026112109\(UInt32.random(in: 10_000_000...99_999_999))" })
    try insert(Self.counted, merchant: "gone")
    #expect(site.finding("shop_order") == nil)
  }

  @Test func `only the newest orders count`() throws {
    try insert(Self.counted)
    #expect(site.finding("shop_order") != nil)
    var connection = try Connection(site.server.settings(database: site.database))
    try connection.run(
      """
      INSERT INTO shop_order (merchant, order_no, openid, total_fee, body, created_at)
      SELECT 'main', seq + 2026112190000000, 'oBuyer', 1990, 'tea', seq + 1000 FROM seq_1_to_200
      """)
    #expect(site.finding("shop_order") == nil)
  }

  @Test func `a view that cannot be read is a warning of its own`() throws {
    var connection = try Connection(site.server.settings(database: site.database))
    try connection.run("RENAME TABLE shop_order TO legacy")
    try connection.run(
      """
      CREATE VIEW shop_order AS SELECT merchant, order_no, openid, total_fee, body, attach, detail,
        expires_at, CAST(10 AS UNSIGNED) - 11 + created_at * 0 AS created_at FROM legacy
      """)
    try connection.run("GRANT SELECT ON shop_order TO '\(site.account)'@'localhost'")
    try connection.run(
      "INSERT INTO legacy (merchant, order_no, total_fee, body, created_at) VALUES ('main', 'ORDER-1', 1, '', 1)"
    )
    let finding = try #require(site.finding("shop_order"))
    #expect(
      finding.level == .warn && finding.sentence.contains("cannot be read"), "\(finding.line)")
    #expect(Check.run(file: site.file).findings.contains { $0.subject == "schema" })
  }

  @Test(arguments: [
    (["20261121-0007", "20261121-0009", "20261122-0001"], true),
    (["100001", "100002", "100003"], true), (["SO-483920", "SO-112093", "SO-777001"], true),
    // Times to the second, some minutes or an hour apart.
    (["20261121090311", "20261121091522", "20261121101807"], true),
    (["1795222991123", "1795222995001", "1795223001733"], true),
    // Counted between the date and what never changes.
    (["20261121-0007-A", "20261121-0008-A", "20261121-0009-A"], true),
    (
      [
        "2026112100000000000000000007", "2026112100000000000000000008",
        "2026112100000000000000000009",
      ],
      true
    ),
    // Too few to tell; of three shapes; eight random digits; letters.
    (["100001", "100002"], false), (["A100001", "B100002", "C100003"], false),
    (["48291734", "10938475", "77120938"], false),
    (["20261121-48291734", "20261121-10938475", "20261121-77120938"], false),
    (["6f1c0a9be2d44c57", "0b7e19d3c85a4f12", "d94a3e07b1f6c820"], false), ([], false),
  ])
  func `numbers are guessable that count up or are short`(numbers: [String], isSo: Bool) throws {
    let numbers = try numbers.map { try #require(OutTradeNo($0)) }
    let guessable = GuessableNumbers(numbers)
    for number in numbers { #expect(guessable.contains(number) == isSo, "\(number)") }
  }
}
