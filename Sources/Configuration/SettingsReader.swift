import Payments
import Yams

/// Reads the values of a document by the table of settings.
struct SettingsReader {
  var document: SettingsDocument
  /// What relative paths are relative to.
  let folder: String

  /// The value of every setting of a table; what cannot be read is reported and left as it was.
  ///
  /// - Parameter parent: the path of the mapping that holds the keys, such as `merchants.main`.
  mutating func read<Target>(
    _ table: [Setting<Target>], below parent: String = "", into target: inout Target
  ) {
    for setting in table {
      let path = parent.isEmpty ? setting.path : "\(parent).\(setting.path)"
      if let node = document[path], !node.isNull {
        let node = setting.isPath ? resolved(node) : node
        if !setting.read(node, &target) {
          document.report(
            path,
            Mismatch(
              expected: setting.expected, got: node.shown,
              remedy: node.isFullWidth
                ? "type quotes, digits and signs in half-width characters (半角)" : setting.remedy))
        }
        continue
      }
      switch setting.preset {
      case .value(let text):
        let isRead = (try? Yams.compose(yaml: text)).flatMap { $0 }
          .map { setting.read($0, &target) }
        precondition(isRead == true, "The default of \(setting.path) has its own shape.")
      case .required(let example):
        document.report(
          path,
          Mismatch(
            expected: setting.expected, got: "nothing",
            remedy: "add the line \(setting.name): \(example)"))
      case .absent: break
      }
    }
  }

  private func resolved(_ node: Node) -> Node {
    guard let path = node.plainText, !path.hasPrefix("/") else { return node }
    return Node("\(folder)/\(path)", .implicit, .doubleQuoted)
  }
}
