/// The names of the table, as the file nests them.
enum KnownKeys {
  /// The names that may stand in a mapping, in the order of the table.
  ///
  /// - Parameter parent: the mapping's path; empty for the file itself.
  /// - Returns: an empty list for `merchants`, whose names are free.
  static func names(below parent: String) -> [String] {
    children[pattern(parent)] ?? []
  }

  /// Whether the path stands for a mapping and not for a value.
  static func isGroup(_ path: String) -> Bool {
    let pattern = pattern(path)
    return pattern == "merchants" || children[pattern] != nil
  }

  private static func pattern(_ path: String) -> String {
    let parts = path.split(separator: ".")
    return parts.count > 1 && parts[0] == "merchants"
      ? (["merchants", "*"] + parts.dropFirst(2)).joined(separator: ".") : path
  }

  private static let children: [String: [String]] = {
    let paths =
      settingGroups.map(\.path) + Setting<RawSettings>.table.map(\.path)
      + Setting<RawMerchant>.table.map { "merchants.*.\($0.path)" }
    var children: [String: [String]] = [:]
    for path in paths {
      let parts = path.split(separator: ".").map(String.init)
      guard let name = parts.last else { continue }
      children[parts.dropLast().joined(separator: "."), default: []].append(name)
    }
    return children
  }()
}
