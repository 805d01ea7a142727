extension JSON {
  /// Without spaces, members in their order.
  ///
  /// Control and invisible characters (also line separators and changes of writing direction), `<`,
  /// `>` and `&` are escaped: the text is safe inside a web page, a log and a terminal, and means
  /// the same. Each `.number` must be a JSON number, each name be there once.
  public var bytes: [UInt8] {
    var writer = JSONWriter(isPretty: false)
    writer.write(self)
    return writer.output
  }

  /// Over several lines, for people.
  public var prettyText: String {
    var writer = JSONWriter(isPretty: true)
    writer.write(self)
    return String(decoding: writer.output, as: UTF8.self)
  }
}

private struct JSONWriter {
  let isPretty: Bool
  var output: [UInt8] = []
  var depth = 0

  init(isPretty: Bool) { self.isPretty = isPretty }

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
        writer.write(writer.isPretty ? ": " : ":")
        writer.write(member.value)
      }
    }
  }

  private mutating func list<Item>(
    _ start: String, _ items: [Item], _ end: String, _ item: (inout JSONWriter, Item) -> Void
  ) {
    write(start)
    depth += 1
    for (index, element) in items.enumerated() {
      if index > 0 { write(",") }
      breakLine()
      item(&self, element)
    }
    depth -= 1
    if !items.isEmpty { breakLine() }
    write(end)
  }

  private mutating func breakLine() {
    if isPretty { write("\n" + String(repeating: "  ", count: depth)) }
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
      case "<", ">", "&": writeEscaped(scalar)
      case " "..."~": output.append(UInt8(ascii: scalar))
      default: scalar.isVisible ? write(String(scalar)) : writeEscaped(scalar)
      }
    }
    write("\"")
  }

  /// As `\uXXXX`, twice for characters beyond the first 65 536.
  private mutating func writeEscaped(_ scalar: Unicode.Scalar) {
    for unit in String(scalar).utf16 {
      let digits = String(unit, radix: 16)
      write("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    }
  }
}

extension Unicode.Scalar {
  fileprivate var isVisible: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
