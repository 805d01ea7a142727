import Payments
import Yams

/// What the value of a key must look like, and how it is read.
struct Shape<Value>: Sendable {
  /// Completes the sentence "expected …".
  let expected: String
  /// Completes a fault: what to do about it.
  let remedy: String
  /// Whether the value is a path, and hence relative to the configuration file.
  let isPath: Bool
  /// - Returns: `nil` when the value has another shape.
  let read: @Sendable (Node) -> Value?

  /// A shape of plain values, such as numbers and names.
  init(
    _ expected: String, remedy: String, isPath: Bool = false,
    _ read: @escaping @Sendable (String) -> Value?
  ) {
    self.init(expected, remedy: remedy, isPath: isPath, node: { $0.plainText.flatMap(read) })
  }

  init(
    _ expected: String, remedy: String, isPath: Bool = false,
    node read: @escaping @Sendable (Node) -> Value?
  ) {
    self.expected = expected
    self.remedy = remedy
    self.isPath = isPath
    self.read = read
  }

  /// The same for a key that may be left out.
  var optional: Shape<Value?> {
    Shape<Value?>(
      expected, remedy: remedy, isPath: isPath, node: { node in read(node).map(Optional.some) })
  }
}

extension Shape where Value == String {
  static func text(_ expected: String) -> Shape {
    Shape("\(expected) without spaces", remedy: "correct it") { text in
      !text.isEmpty && text.utf8.allSatisfy(\.isGraphic) ? text : nil
    }
  }

  /// The path of a file.
  static let path = Shape("a path", remedy: "name a file", isPath: true) { text in
    !text.isEmpty && !text.contains("\0") ? text : nil
  }

  /// The path of a unix socket, which the kernel limits to 107 bytes.
  static let socket = Shape(
    "a path of at most 107 bytes, and no host:port",
    remedy: "name a place below /run; for MariaDB on another machine give host and port",
    isPath: true
  ) { text in
    guard (1...107).contains(text.utf8.count), !text.contains("\0") else { return nil }
    return text.contains(/:[0-9]+$/) ? nil : text
  }
}

extension Shape where Value == Int {
  static func count(_ range: ClosedRange<Int>) -> Shape {
    Shape(
      "a whole number from \(range.lowerBound) to \(range.upperBound)",
      remedy: "choose a number in that range"
    ) { text in
      guard let number = Int(text), range.contains(number) else { return nil }
      return number
    }
  }
}

extension Shape where Value == Fen {
  /// An amount of money.
  static let fen = Shape(
    "a whole number of fen from 1 to \(Fen.maximum)",
    remedy: "write the amount in fen: 500000 is ¥5000.00"
  ) { Int64($0).flatMap(Fen.init(payable:)) }
}

extension Shape where Value == Duration {
  /// A number with its unit: `4s`, `10m`, `72h`; a number alone counts seconds.
  static func duration(_ range: ClosedRange<Duration>) -> Shape {
    Shape(
      "a time from \(range.lowerBound.inUnits) to \(range.upperBound.inUnits)",
      remedy: "write a whole number with its unit, such as 4s, 10m or 72h"
    ) { text in
      let unit = text.last.flatMap { ["s": 1, "m": 60, "h": 3600][$0] }
      guard let number = Int(unit == nil ? text : String(text.dropLast())),
        (0...1_000_000).contains(number)
      else { return nil }
      let duration = Duration.seconds(number * (unit ?? 1))
      return range.contains(duration) ? duration : nil
    }
  }
}

extension Shape {
  /// One of the words of an enumeration.
  static func word() -> Shape
  where Value: CaseIterable & RawRepresentable & Sendable, Value.RawValue == String {
    let words = Dictionary(uniqueKeysWithValues: Value.allCases.map { ($0.rawValue, $0) })
    let expected = Value.allCases.map(\.rawValue).joined(separator: " or ")
    return Shape(expected, remedy: "choose one of these words") { words[$0] }
  }

  /// A number or name of `Payments`.
  static func identifier(_ expected: String, remedy: String) -> Shape where Value: Identifier {
    Shape(expected, remedy: remedy, Value.init)
  }

  /// A list in brackets, or one value that stands for a list of one.
  static func list<Element>(of element: Shape<Element>, _ range: ClosedRange<Int>) -> Shape
  where Value == [Element] {
    Shape(
      "a list of \(range.lowerBound) to \(range.upperBound), each \(element.expected)",
      remedy: element.remedy,
      node: { node in
        let nodes = node.sequence.map { Array($0) } ?? [node]
        let values = nodes.compactMap(element.read)
        return values.count == nodes.count && range.contains(values.count) ? values : nil
      })
  }
}

extension Duration {
  /// As it is written in the file: `4s`, `10m`, `72h`.
  var inUnits: String {
    let seconds = components.seconds
    if seconds > 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
    if seconds > 0, seconds % 60 == 0 { return "\(seconds / 60)m" }
    return "\(seconds)s"
  }
}

extension Node {
  /// The text of a plain or quoted value.
  ///
  /// Taken as it stands in the file, so that `mch_id: 0123` keeps its zero.
  var plainText: String? { isNull ? nil : scalar?.string }

  /// Whether the key was given without a value, or with `null` or `~`.
  var isNull: Bool {
    guard let scalar, scalar.style == .plain || scalar.style == .any else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  /// Whether it holds quotes, spaces, digits or signs as a Chinese keyboard types them (全角).
  var isFullWidth: Bool {
    (plainText ?? "").unicodeScalars.contains { scalar in
      "“”‘’\u{3000}".unicodeScalars.contains(scalar) || ("\u{FF01}"..."\u{FF5E}").contains(scalar)
    }
  }

  /// The value in a few words of one line, for a message.
  ///
  /// Long text is only counted: it may be a key that was pasted where a file's name belongs.
  var shown: String {
    switch self {
    case .scalar(let scalar):
      if isNull { return "nothing" }
      let text = scalar.string
      guard text.count <= 60 else { return "text of \(text.count) characters" }
      return text.debugDescription
    case .mapping: return "a mapping"
    case .sequence(let sequence):
      return "[" + sequence.map(\.shown).joined(separator: ", ") + "]"
    case .alias: return "an alias"
    }
  }
}
