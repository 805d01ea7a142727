/// Takes a statement of the configuration apart, as far as that needs to be known: what is quoted,
/// where its parameters stand, and that it is one statement.
struct ShopStatementReader {
  /// With `?` in place of each parameter.
  private(set) var sql = ""
  /// The parameters' names, in their order.
  private(set) var names: [String] = []
  /// The words outside of quotation marks, in capitals; parameters with their colon as they stand.
  private(set) var words: [String] = []
  /// Where among the words the statement's own WHERE stands, not that of a query within it.
  private(set) var condition: Int?
  private var depth = 0
  private var rest: Substring

  init(_ text: String) { rest = text[...] }

  mutating func read() throws(Mismatch) {
    while let character = rest.first {
      switch character {
      case "'", "\"", "`": try copyQuoted(character)
      case ":": try takeParameter()
      case "(": copyBracket(1)
      case ")": copyBracket(-1)
      case _ where character.isWordCharacter: copyWord()
      case "?": throw Self.refused("?", "write :order_no and the like in place of ?")
      case "@": throw Self.refused("@", "use no variables")
      case "#": throw Self.refused("a comment", "write comments beside it, in YAML")
      case "-" where rest.hasPrefix("--"), "/" where rest.hasPrefix("/*"):
        throw Self.refused("a comment", "write comments beside it, in YAML")
      case ";":
        rest.removeFirst()
        guard rest.allSatisfy(\.isWhitespace) else {
          throw Self.refused("several", "make each an entry of the list")
        }
      default: copy()
      }
    }
  }

  private mutating func copy() {
    if let character = rest.popFirst() { sql.append(character) }
  }

  private mutating func copyBracket(_ change: Int) {
    depth += change
    copy()
  }

  private mutating func copyQuoted(_ mark: Character) throws(Mismatch) {
    copy()
    while let character = rest.first, character != mark {
      // MariaDB takes no backslash in names (`…`) for an escape.
      if character == "\\", mark != "`" { copy() }
      copy()
    }
    guard !rest.isEmpty else { throw Self.refused("an open \(mark)", "close it") }
    copy()
  }

  private mutating func takeParameter() throws(Mismatch) {
    rest.removeFirst()
    let name = rest.prefix(while: \.isWordCharacter)
    guard !name.isEmpty else { throw Self.refused("a lone :", "write :order_no and the like") }
    rest = rest[name.endIndex...]
    names.append(String(name))
    words.append(":\(name)")
    sql.append("?")
  }

  private mutating func copyWord() {
    let word = rest.prefix(while: \.isWordCharacter)
    rest = rest[word.endIndex...]
    if depth == 0, condition == nil, word.uppercased() == "WHERE" { condition = words.count }
    words.append(word.uppercased())
    sql.append(contentsOf: word)
  }

  private static func refused(_ got: String, _ remedy: String) -> Mismatch {
    Mismatch(expected: "one statement with named parameters", got: got, remedy: remedy)
  }
}

extension Character {
  fileprivate var isWordCharacter: Bool { isLetter || isNumber || self == "_" || self == "$" }
}
