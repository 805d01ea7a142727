/// A message of APIv2: names with values, one level deep, each name once.
///
/// Values are the text after entity and CDATA decoding, neither trimmed nor converted: what was
/// signed is what stands here. Names and values are compared as bytes, so that two spellings that
/// look the same (`é` composed and decomposed) stay two values.
package struct Fields: Sendable {
  private var pairs: [(name: String, value: String)] = []
  private var positions: [Name: Int] = [:]

  package init() {}

  /// - Precondition: no name stands twice; messages from outside come through `FlatXML.read`,
  ///   which refuses such a message.
  package init(_ pairs: [(String, String)]) {
    for (name, value) in pairs {
      let isNew = append(name, value)
      precondition(isNew, "A message has each name once.")
    }
  }

  /// Names in the order in which they were received or added.
  package var names: [String] { pairs.map(\.name) }

  package var count: Int { pairs.count }

  /// The value of a field; `nil` when the message has no such field, which is not the same as an
  /// empty one. Assigning `nil` removes the field.
  package subscript(name: String) -> String? {
    get { positions[Name(name)].map { pairs[$0].value } }
    set {
      switch (positions[Name(name)], newValue) {
      case (let position?, let value?): pairs[position].value = value
      case (nil, let value?): append(name, value)
      case (_?, nil): self = Fields(pairs.filter { Name($0.name) != Name(name) })
      case (nil, nil): break
      }
    }
  }

  /// Adds a field at the end.
  ///
  /// - Returns: `false`, with nothing changed, when the name is already there.
  @discardableResult mutating func append(_ name: String, _ value: String) -> Bool {
    guard positions[Name(name)] == nil else { return false }
    positions[Name(name)] = pairs.count
    pairs.append((name, value))
    return true
  }
}

extension Fields: Sequence {
  package func makeIterator() -> IndexingIterator<[(name: String, value: String)]> {
    pairs.makeIterator()
  }
}

extension Fields: Equatable {
  /// The same names with the same bytes as values, in whatever order.
  package static func == (left: Fields, right: Fields) -> Bool {
    left.count == right.count
      && left.allSatisfy { name, value in
        right[name].map { $0.utf8.elementsEqual(value.utf8) } ?? false
      }
  }
}

extension Fields: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }
}

/// A field's name as bytes: Swift's own comparison of text would merge canonical equivalents.
private struct Name: Hashable {
  private let bytes: [UInt8]
  init(_ text: String) { bytes = Array(text.utf8) }
}

extension Fields {
  /// What the message says, whatever stands between its elements and in which order: the same for
  /// two messages that say the same. Without `sign`, which proves it and says nothing.
  package var canonical: [UInt8] {
    let said = pairs.filter { $0.name != "sign" }.map {
      (Array($0.name.utf8), Array($0.value.utf8))
    }
    // No name or value holds a zero byte.
    return said.sorted { $0.0.lexicographicallyPrecedes($1.0) }.flatMap { $0.0 + [0] + $0.1 + [0] }
  }
}
