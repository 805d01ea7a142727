import Payments
import Yams

/// The values of a configuration file by the paths of their keys, with the places they stand at.
///
/// Collects faults instead of stopping at the first, so that one run shows them all.
struct SettingsDocument {
  let file: String
  /// The merchants' names, in the order of the file.
  private(set) var merchants: [MerchantName] = []
  private var faults: [Fault] = []
  /// What is most likely a mistake, in the order in which it was found.
  private(set) var doubts: [Doubt] = []
  private var values: [String: Node] = [:]
  private var positions: [String: Position] = [:]
  /// Whether there is anything to read: without it, every required key would be reported too.
  private(set) var isReadable = true

  /// - Parameters:
  ///   - file: the file's name in messages.
  ///   - text: what it contains.
  init(file: String, text: String) {
    self.file = file
    guard let root = compose(text) else {
      isReadable = false
      return
    }
    if root.isNull { return }
    guard case .mapping(let mapping) = root else {
      isReadable = false
      report("", Mismatch(expected: "keys with values", got: root.shown, remedy: Self.sampleHint))
      return
    }
    walk(mapping, below: "")
  }

  /// A file that could not be read at all.
  init(file: String, refusal: Mismatch) {
    self.file = file
    isReadable = false
    report("", refusal)
  }

  private static let sampleHint = "`weixinpay sample-config` prints a complete file"

  /// The faults found so far, in the order of the file.
  var allFaults: [Fault] { faults.sorted { ($0.line, $0.column) < ($1.line, $1.column) } }

  subscript(path: String) -> Node? { values[path] }

  /// Whether nothing was reported for a key, so that its value may be looked at further.
  func isSound(_ path: String) -> Bool { !faults.contains { $0.key == path } }

  mutating func report(_ path: String, _ mismatch: Mismatch) {
    report(path, mismatch, at: position(of: path))
  }

  /// The place of the key's value, or of the nearest mapping around it.
  private func position(of path: String) -> Position {
    var path = Substring(path)
    while !path.isEmpty {
      if let position = positions[String(path)] { return position }
      path = path.lastIndex(of: ".").map { path[..<$0] } ?? ""
    }
    return .start
  }

  private mutating func report(_ path: String, _ mismatch: Mismatch, at position: Position) {
    faults.append(fault(path, mismatch, at: position))
  }

  mutating func doubt(_ path: String, isSerious: Bool = false, _ mismatch: Mismatch) {
    doubts.append(
      Doubt(isSerious: isSerious, fault: fault(path, mismatch, at: position(of: path))))
  }

  private func fault(_ path: String, _ mismatch: Mismatch, at position: Position) -> Fault {
    Fault(
      file: file, line: position.line, column: position.column, key: path,
      expected: mismatch.expected, got: mismatch.got, remedy: mismatch.remedy)
  }

  private mutating func walk(_ mapping: Node.Mapping, below parent: String) {
    for (key, value) in mapping {
      let name = key.scalar?.string ?? ""
      if DuplicateKey.isMask(name) { continue }
      let path = parent.isEmpty ? name : "\(parent).\(name)"
      let keyPosition = key.mark.map(Position.init) ?? position(of: parent)
      if parent == "merchants" {
        guard let merchant = MerchantName(name) else {
          report("merchants", .badMerchantName(key.shown), at: keyPosition)
          continue
        }
        merchants.append(merchant)
      } else if !KnownKeys.names(below: parent).contains(name) {
        report(path, .unknownKey(name, below: parent), at: keyPosition)
        continue
      }
      if !KnownKeys.isGroup(path) {
        values[path] = value
        positions[path] = value.isNull ? keyPosition : value.mark.map(Position.init) ?? keyPosition
      } else {
        positions[path] = keyPosition
        walkGroup(value, at: path)
      }
    }
  }

  private mutating func walkGroup(_ value: Node, at path: String) {
    if let mapping = value.mapping {
      walk(mapping, below: path)
    } else if !value.isNull {
      report(path, .notAGroup(value, at: path))
    }
  }

  /// Parses the text; a key that is given twice is reported and read as the last one says.
  private mutating func compose(_ text: String) -> Node? {
    var text = text
    while true {
      do {
        return try Yams.compose(yaml: text, .basic) ?? Node("", .implicit, .plain)
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let first = Position(context.mark)
        let again = DuplicateKey.lineOfRepetition(of: keys.first ?? "", at: first, in: text)
        report(keys.first ?? "", .duplicateKey(again: again), at: first)
        guard let masked = DuplicateKey.mask(at: Position(context.mark), in: text) else {
          return nil
        }
        text = masked
      } catch let error as YamlError {
        let (position, problem) = error.placeAndProblem
        let explained = YAMLProblem(problem, at: position, in: text)
        report("", explained.mismatch, at: explained.position)
        return nil
      } catch {
        report("", YAMLProblem("\(error)", at: .start, in: text).mismatch)
        return nil
      }
    }
  }
}

extension Mismatch {
  fileprivate static func unknownKey(_ name: String, below parent: String) -> Mismatch {
    let known = KnownKeys.names(below: parent)
    let remedy =
      nearest(to: name, among: known).map { "did you mean \($0)?" } ?? "remove or rename it"
    return Mismatch(
      expected: "one of \(known.joined(separator: ", "))", got: "an unknown key", remedy: remedy)
  }

  fileprivate static func notAGroup(_ value: Node, at path: String) -> Mismatch {
    let known = KnownKeys.names(below: path)
    return Mismatch(
      expected: known.isEmpty
        ? "merchants by name" : "keys out of \(known.joined(separator: ", "))",
      got: value.shown, remedy: "indent the keys below \(path)")
  }

  fileprivate static func badMerchantName(_ shown: String) -> Mismatch {
    Mismatch(
      expected: "a name of 1 to 32 characters out of 0-9 A-Z a-z _ -", got: shown,
      remedy: "rename the merchant")
  }

  fileprivate static func duplicateKey(again line: Int?) -> Mismatch {
    Mismatch(
      expected: "the key once", got: "it again \(line.map { "in line \($0)" } ?? "further down")",
      remedy: "keep one of them")
  }
}

extension YamlError {
  /// Where and why the text is not YAML, without the snippet of text that Yams would add.
  fileprivate var placeAndProblem: (Position, String) {
    switch self {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      (Position(mark), problem)
    case .reader(let problem, let offset, _, let yaml):
      (Position(offset: offset ?? 0, in: yaml), problem)
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded,
      .duplicatedKeysInMapping:
      (.start, "\(self)")
    }
  }
}
