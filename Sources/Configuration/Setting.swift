import Yams

/// One key of `weixinpay.yaml`: its name, its shape, what holds without it, and its sentence.
///
/// The reader, `sample-config`, the table in Configuration.md and all messages are made from these
/// declarations, so that they cannot disagree.
struct Setting<Target>: Sendable {
  /// The key's path below its table, such as `listen.api.workers`.
  let path: String
  let preset: Preset
  /// One sentence for the person who edits the file.
  let sentence: String
  let expected: String
  let remedy: String
  /// Whether the value is a path, and hence relative to the configuration file.
  let isPath: Bool
  /// - Returns: `false` when the value has another shape; the target is then unchanged.
  let read: @Sendable (Node, inout Target) -> Bool

  /// The last part of the path.
  var name: String { String(path.split(separator: ".").last ?? "") }

  /// What holds when the key is left out.
  enum Preset: Equatable, Sendable {
    /// The value as it would stand in the file.
    case value(String)
    /// There must be a value; this one stands in the sample.
    case required(example: String)
    /// Nothing holds; this one stands in the sample, commented out.
    case absent(example: String)
  }

  init<Value>(
    _ path: String, _ member: WritableKeyPath<Target, Value> & Sendable, _ shape: Shape<Value>,
    _ preset: Preset, _ sentence: String
  ) {
    self.path = path
    self.preset = preset
    self.sentence = sentence
    expected = shape.expected
    remedy = shape.remedy
    isPath = shape.isPath
    read = { node, target in
      guard let value = shape.read(node) else { return false }
      target[keyPath: member] = value
      return true
    }
  }
}
