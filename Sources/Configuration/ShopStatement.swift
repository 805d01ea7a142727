import Payments

/// One statement of the configuration that changes the shop's own tables.
///
/// It may be run again at any time: after a crash between it and our own record of it, or when a
/// person has an event told once more. Tables that cannot join a transaction (MyISAM) offer no other
/// way. That it looks repeatable is checked here; that it is, only its author can know.
package struct ShopStatement: Sendable, Equatable {
  /// With `?` for every parameter.
  package let sql: String
  /// One for each `?`, in their order.
  package let parameters: [ShopParameter]

  /// - Throws: what is wrong with it, for the person who wrote it.
  init(_ text: String, for event: ShopEvent) throws(Mismatch) {
    var reader = ShopStatementReader(text)
    try reader.read()
    parameters = try reader.names.map { name throws(Mismatch) in
      guard let parameter = ShopParameter(rawValue: name), parameter.isKnown(to: event) else {
        throw .unknownParameter(name, event)
      }
      return parameter
    }
    sql = reader.sql
    try Self.checkRepeatable(reader.words, condition: reader.condition)
  }

  /// - Parameters:
  ///   - words: the statement's words in capitals, parameters as `:order_no`.
  ///   - condition: where its own WHERE stands among them.
  private static func checkRepeatable(_ words: [String], condition: Int?) throws(Mismatch) {
    switch words.first {
    case "UPDATE":
      guard let place = condition else { throw .unguarded("an UPDATE without") }
      let isNarrow = words[place...].contains { word in
        word.hasPrefix(":")
          && ShopParameter(rawValue: String(word.dropFirst()))?.isIdentifying == true
      }
      guard isNarrow else { throw .unguarded("no number of the order in the") }
    case "INSERT":
      let isGuarded =
        words.contains("IGNORE") || words.contains("EXISTS")
        || zip(words, words.dropFirst()).contains { $0 == ("DUPLICATE", "KEY") }
      guard isGuarded else { throw .unrepeatable }
    case let word: throw .otherStatement(word ?? "nothing")
    }
  }
}

extension Mismatch {
  fileprivate static func unknownParameter(_ name: String, _ event: ShopEvent) -> Mismatch {
    let known = ShopParameter.allCases.filter { $0.isKnown(to: event) }.map(\.rawValue)
    let remedy = nearest(to: name, among: known).map { "did you mean :\($0)?" } ?? "correct it"
    return Mismatch(
      expected: "parameters out of \(known.map { ":\($0)" }.joined(separator: ", "))",
      got: ":\(name.prefix(32))", remedy: remedy)
  }

  fileprivate static func unguarded(_ got: String) -> Mismatch {
    Mismatch(
      expected: "a WHERE that names the order, and the state it must be in", got: "\(got) WHERE",
      remedy: "add WHERE order_sn = :order_no AND … to it")
  }

  fileprivate static let unrepeatable = Mismatch(
    expected: "an INSERT that can be repeated", got: "one that would add a row each time",
    remedy: "write INSERT IGNORE, ON DUPLICATE KEY UPDATE, or SELECT … WHERE NOT EXISTS (…)")

  fileprivate static func otherStatement(_ word: String) -> Mismatch {
    Mismatch(
      expected: "UPDATE or INSERT", got: String(word.prefix(32)),
      remedy: "change the shop's tables by these two only")
  }
}
