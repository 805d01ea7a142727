import Text

extension JSON {
  /// Without spaces, members in their order.
  ///
  /// Control and invisible characters (also line separators and changes of writing direction), `<`,
  /// `>` and `&` are escaped: the text is safe inside a web page, a log and a terminal, and means
  /// the same. Each `.number` must be a JSON number, each name be there once.
  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.write(self)
    return writer.output
  }
}

private struct JSONWriter {
  var output: [UInt8] = []

  mutating func write(_ value: JSON) {
    switch value {
    case .null: write("null")
    case .bool(let value): write(value ? "true" : "false")
    case .number(let text): write(text)
    case .string(let text): writeQuoted(text)
    case .array(let elements):
      list("[", elements, "]") { writer, element in writer.write(element) }
    case .object(let members):
      list("{", members, "}") { writer, member in
        writer.writeQuoted(member.name)
        writer.write(":")
        writer.write(member.value)
      }
    }
  }

  private mutating func list<Item>(
    _ start: String, _ items: [Item], _ end: String, _ item: (inout JSONWriter, Item) -> Void
  ) {
    write(start)
    for (index, element) in items.enumerated() {
      if index > 0 { write(",") }
      item(&self, element)
    }
    write(end)
  }

  private mutating func write(_ text: String) { output += Array(text.utf8) }
}

extension JSONWriter {
  private mutating func writeQuoted(_ text: String) {
    write("\"")
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": write("\\\"")
      case "\\": write("\\\\")
      case "\n": write("\\n")
      case "\r": write("\\r")
      case "\t": write("\\t")
      case "<", ">", "&": write(scalar.escaped)
      case " "..."~": output.append(UInt8(ascii: scalar))
      default: write(scalar.isVisible ? String(scalar) : scalar.escaped)
      }
    }
    write("\"")
  }
}
