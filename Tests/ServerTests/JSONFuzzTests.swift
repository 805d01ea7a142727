import FoundationEssentials
import Server
import TestSupport
import Testing

/// Our reader and Foundation's, side by side. Fixed seeds: a failure can be repeated.
@Suite struct JSONFuzzTests {
  @Test(arguments: 0..<8)
  func `what is written is read as the same value, by us and by Foundation`(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    for _ in 0..<500 {
      let json = randomJSON(depth: 5, &random)
      #expect(try JSON(parsing: json.bytes) == json)
      try expectFoundationAgrees(json, json.bytes)
    }
  }

  @Test(arguments: 0..<8)
  func `what we accept, Foundation reads as the same value`(seed: Int) throws {
    var random = SplitMix64(seed: 1_000 + UInt64(seed))
    var accepted = 0
    for _ in 0..<4_000 {
      let bytes = mutated(randomJSON(depth: 3, &random).bytes, &random)
      guard let json = try? JSON(parsing: bytes) else { continue }
      accepted += 1
      try expectFoundationAgrees(json, bytes)
    }
    // Neither all nor none: the comparison met both kinds.
    #expect((100..<3_900).contains(accepted))
  }

  private func expectFoundationAgrees(_ json: JSON, _ bytes: [UInt8]) throws {
    let other = try JSONDecoder().decode(FoundationJSON.self, from: Data(bytes))
    #expect(other == FoundationJSON(json), "\(String(decoding: bytes, as: UTF8.self))")
  }

  private func randomJSON(depth: Int, _ random: inout SplitMix64) -> JSON {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
    case 0: return nil
    case 1: return .bool(.random(using: &random))
    case 2: return JSON(Int64.random(in: .min ... .max, using: &random))
    case 3: return .number(["0", "-0.5", "1e3", "19.90", "2E-2"].randomElement(using: &random)!)
    case 4: return .string(randomText(&random))
    case 5:
      return .array(
        (0..<Int.random(in: 0..<4, using: &random)).map { _ in
          randomJSON(depth: depth - 1, &random)
        })
    default:
      return .object(
        (0..<Int.random(in: 0..<4, using: &random)).map { index in
          .init(
            name: "\(index)" + randomText(&random), value: randomJSON(depth: depth - 1, &random))
        })
    }
  }

  private func randomText(_ random: inout SplitMix64) -> String {
    let alphabet = Array("aZ0 \"\\/\n\t\u{1}\u{7f}<&é中😀\u{2028}\u{202e}".unicodeScalars)
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<6, using: &random) {
      text.append(alphabet.randomElement(using: &random)!)
    }
    return String(text)
  }

  private func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var bytes = bytes
    let pieces = [
      "\"", "\\", "\\u", "d800", "\\udc00", "0", "-", ".", "e", ",", ":", "{", "}", "[", "]", " ",
      "null", "true", "\u{e9}", "\u{0}",
    ].map { Array($0.utf8) }
    for _ in 0..<Int.random(in: 1...2, using: &random) {
      let start = Int.random(in: 0...bytes.count, using: &random)
      let end = min(bytes.count, start + Int.random(in: 0...2, using: &random))
      let piece =
        switch Int.random(in: 0..<4, using: &random) {
        case 0: [UInt8]()
        case 1: [UInt8.random(in: .min ... .max, using: &random)]
        case 2: Array(bytes[start..<end]) + Array(bytes[start..<end])
        default: pieces.randomElement(using: &random)!
        }
      bytes.replaceSubrange(start..<end, with: piece)
    }
    return bytes
  }
}

/// What Foundation decodes. Numbers are only known to be numbers: it reads them as Double.
private enum FoundationJSON: Equatable, Decodable {
  case null
  case bool(Bool)
  case number
  case string([UInt8])
  case array([FoundationJSON])
  case object([[UInt8]: FoundationJSON])

  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Key.self) {
      self = .object(
        try Dictionary(
          uniqueKeysWithValues: container.allKeys.map {
            (Array($0.stringValue.utf8), try container.decode(FoundationJSON.self, forKey: $0))
          }))
    } else if var container = try? decoder.unkeyedContainer() {
      var elements: [FoundationJSON] = []
      while !container.isAtEnd { elements.append(try container.decode(FoundationJSON.self)) }
      self = .array(elements)
    } else {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(String.self) {
        self = .string(Array(value.utf8))
      } else {
        self = .number
      }
    }
  }

  init(_ json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .number: self = .number
    case .string(let text): self = .string(Array(text.utf8))
    case .array(let elements): self = .array(elements.map(FoundationJSON.init))
    case .object(let members):
      self = .object(
        Dictionary(
          uniqueKeysWithValues: members.map { (Array($0.name.utf8), FoundationJSON($0.value)) }))
    }
  }
}
