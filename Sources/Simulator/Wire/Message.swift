/// One element of a flat WeChat document: its name and its decoded text.
struct Field: Equatable, Sendable {
  let name: String
  let value: String

  init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// Equal bytes: Swift's text equality would merge spellings that a signature tells apart.
  static func == (left: Field, right: Field) -> Bool {
    left.name.utf8.elementsEqual(right.name.utf8) && left.value.utf8.elementsEqual(right.value.utf8)
  }
}

/// A flat WeChat document: fields in the order in which they are written.
struct Message: Equatable, Sendable {
  private(set) var fields: [Field]

  init(_ fields: [Field] = []) {
    self.fields = fields
  }

  /// The value of a field; nil when it is absent or empty, which WeChat treats alike.
  ///
  /// Setting replaces the field at its place or appends it; nil removes it.
  subscript(name: String) -> String? {
    get { fields.first { $0.name == name && !$0.value.isEmpty }?.value }
    set {
      let place = fields.firstIndex { $0.name == name }
      switch (place, newValue) {
      case (let place?, let value?): fields[place] = Field(name, value)
      case (let place?, nil): fields.remove(at: place)
      case (nil, let value?): fields.append(Field(name, value))
      case (nil, nil): break
      }
    }
  }

  /// Appends a field even when one of that name is there: only a faulty document needs it.
  mutating func append(_ field: Field) {
    fields.append(field)
  }

  /// Non-empty fields in ascending byte order of their names, as they are signed.
  var sortedFields: [Field] {
    fields.filter { !$0.value.isEmpty }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
