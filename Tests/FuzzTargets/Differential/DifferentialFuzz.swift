import Foundation
import TestSupport
import WeChatPay

/// Compares the strict XML reader with FoundationXML, and the signature with another way to
/// compute it, over random messages. Ends with status 1 at the first disagreement.
///
/// Arguments: number of cases, seed, and the number of one case to run it alone.
@main struct DifferentialFuzz {
  static func main() {
    let numbers = CommandLine.arguments.dropFirst().compactMap(UInt64.init)
    let cases = numbers.first ?? 1_000_000
    let seed = numbers.dropFirst().first ?? UInt64.random(in: 1...999_999_999)
    print("differential fuzz: \(cases) cases, seed \(seed)")
    let range = numbers.count > 2 ? numbers[2]..<(numbers[2] + 1) : 0..<cases
    var accepted = 0
    for number in range {
      // Each case has a generator of its own, so that a failure is reproduced by its number.
      var random = SplitMix64(seed: seed &+ number &* 0x9E37_79B9_7F4A_7C15)
      let document = Document.random(using: &random)
      do {
        if try compareReaders(document) { accepted += 1 }
        try compareSignatures(using: &random)
      } catch {
        print("DISAGREEMENT in case \(number) of seed \(seed): \(error)")
        print("document: \(String(decoding: document, as: UTF8.self).debugDescription)")
        print("again: Tests/fuzz --seed \(seed) --case \(number)")
        exit(1)
      }
    }
    print("no disagreement; \(accepted) documents were accepted by both readers")
    // A generator of nothing but rubbish would prove nothing.
    guard range.count < 1000 || accepted > range.count / 20 else {
      print("too few documents were accepted: the generator is broken")
      exit(1)
    }
  }

  /// - Returns: whether the document was accepted.
  private static func compareReaders(_ document: [UInt8]) throws -> Bool {
    let fields: Fields
    do {
      fields = try FlatXML.read(document)
    } catch {
      // The dialect is narrower than XML: what it refuses, others may take.
      return false
    }
    let other = try OtherReader.read(document)
    guard other.map(\.0) == fields.names,
      zip(other, fields).allSatisfy({ $0.1.utf8.elementsEqual($1.value.utf8) })
    else { throw Disagreement("FoundationXML reads \(other), we read \(Array(fields))") }
    guard try FlatXML.read(FlatXML.write(fields)) == fields else {
      throw Disagreement("written and read again it is another message")
    }
    return true
  }

  private static func compareSignatures(using random: inout SplitMix64) throws {
    var fields = Message.random(using: &random)
    let key = Message.key(using: &random)
    for type in SignType.allCases {
      let sign = Signature.make(fields, key: APIKey(unchecked: key), type: type)
      let other = OtherSignature.make(Array(fields), key: key, isHMAC: type == .hmacSHA256)
      guard sign == other else { throw Disagreement("\(type) \(sign), elsewhere \(other)") }
      fields["sign"] = sign
      try Signature.verify(fields, key: APIKey(unchecked: key), expected: type)
      guard let name = fields.names.filter({ $0 != "sign" }).randomElement(using: &random) else {
        continue
      }
      var mutant = fields
      mutant[name] = (fields[name] ?? "") + "0"
      guard (try? Signature.verify(mutant, key: APIKey(unchecked: key), expected: type)) == nil
      else { throw Disagreement("a mutant of \(name) verifies") }
    }
  }
}

struct Disagreement: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
