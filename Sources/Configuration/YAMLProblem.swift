/// Why a text is not YAML, in words for the person who typed it.
///
/// The parser says where it had to stop, which is often behind the mistake.
struct YAMLProblem {
  let position: Position
  let mismatch: Mismatch

  /// - Parameters:
  ///   - problem: the parser's own words.
  ///   - position: where it stopped.
  init(_ problem: String, at position: Position, in text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let suspects = Self.suspects(lines.prefix(position.line))
    guard let suspect = suspects.last else {
      self.position = position
      mismatch = Mismatch(
        expected: "YAML", got: "something else (\(problem))",
        remedy: "look at this line and the one before it")
      return
    }
    self.position = suspect.position
    mismatch = suspect.mismatch
  }

  private typealias Suspect = (position: Position, mismatch: Mismatch)

  private static func suspects(_ lines: ArraySlice<Substring>) -> [Suspect] {
    var suspects: [Suspect] = []
    // The columns of the mappings that a line may belong to, and whether the last line opened one.
    var levels = [0]
    var isOpen = true
    for (index, line) in lines.enumerated() {
      let indentation = line.prefix { $0 == " " || $0 == "\t" }
      let content = line.dropFirst(indentation.count)
      guard let first = content.first, first != "#", first != "\r" else { continue }
      func suspect(_ column: Int, _ got: String, _ remedy: String) {
        suspects.append(
          (
            Position(line: index + 1, column: column),
            Mismatch(expected: "YAML", got: got, remedy: remedy)
          ))
      }
      if indentation.contains("\t") {
        suspect(1, "a tab before the key", "indent by spaces")
        continue
      }
      let column = indentation.count + 1
      if let colon = content.firstIndex(of: "："), !content[..<colon].contains(":") {
        suspect(column, "a full-width colon （：）", "write : and a space behind the key")
      } else if content.prefixMatch(of: /[A-Za-z_]+:[^\s\/:]/) != nil {
        suspect(column, "no space behind the colon", "write a space between : and the value")
      }
      if indentation.count > levels.last ?? 0 {
        if !isOpen { suspect(column, "a line indented deeper than the one before", "align it") }
        levels.append(indentation.count)
      } else {
        levels.removeAll { $0 > indentation.count }
        if levels.last != indentation.count {
          suspect(
            column, "an indentation that no line above has",
            "align it with the keys it belongs to")
          levels.append(indentation.count)
        }
      }
      let words = content.split(separator: " #").first ?? ""
      isOpen = words.last { !$0.isWhitespace } == ":" || first == "-"
    }
    return suspects
  }
}
