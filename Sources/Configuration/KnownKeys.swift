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

  /// The path with `*` for the name of a merchant.
  static func pattern(_ path: String) -> String {
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

/// The known word that a misspelt one most likely stands for.
///
/// - Returns: `nil` when none is near: more than 2 letters wrong, or 1 in a word of up to 3.
package func nearest(to word: String, among known: [String]) -> String? {
  // `api_key` for `api_key_file` and `password` for `password_file` are the usual misreadings.
  if word.utf8.count > 2, let longer = known.first(where: { $0.hasPrefix(word) }) { return longer }
  let tolerated = word.utf8.count <= 3 ? 1 : 2
  return known.map { (word: $0, distance: editDistance(word, $0)) }
    .filter { $0.distance <= tolerated }
    .min { $0.distance < $1.distance }?.word
}

/// How many letters must be inserted, deleted, replaced or swapped with their neighbour to make
/// one word the other. (Optimal string alignment.)
private func editDistance(_ first: String, _ second: String) -> Int {
  let (first, second) = (Array(first.utf8), Array(second.utf8))
  var beforeLast: [Int] = []
  var last = Array(0...second.count)
  for (row, letter) in first.enumerated() {
    var current = [row + 1]
    for (column, other) in second.enumerated() {
      var best = min(
        last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, letter == second[column - 1], first[row - 1] == other {
        best = min(best, beforeLast[column - 1] + 1)
      }
      current.append(best)
    }
    (beforeLast, last) = (last, current)
  }
  return last[second.count]
}
