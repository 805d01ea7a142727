import Payments

/// The merchant's API key (API密钥), with which APIv2 signs every message.
///
/// 32 ASCII letters and digits that a stranger can neither know nor guess. Whoever holds the key
/// can report payments that never happened. Source: WeChat Pay APIv2, 安全规范, 设置API密钥.
package struct APIKey: Sendable {
  private let secret: Secret

  /// - Throws: `APIKeyRefusal`, in the order of its cases.
  package init(_ text: String) throws(APIKeyRefusal) {
    let characters = Array(text.utf8)
    guard characters.count == 32 else { throw .length(characters.count) }
    guard characters.allSatisfy(\.isAlphanumeric) else { throw .characters }
    guard !Self.published.contains(text), !Self.published.contains(text.lowercased()) else {
      throw .published
    }
    guard characters.isVaried else { throw .weak }
    secret = Secret(text)
  }

  /// A key that need not be fit for use: published test vectors sign with keys such as `key`.
  package init(unchecked text: String) { secret = Secret(text) }

  var bytes: [UInt8] { Array(secret.revealed.utf8) }

  /// Keys printed in the manual, in SDKs and their tests, and digests of common passwords.
  private static let published: Set<String> = [
    "192006250b4c09247ec02edce69f6a2d", "8934e7d15453e97507ef794cf7b0519d",
    "ziR0QKsTUfMOuochC9RfCdmfHECorQAP", "OF4Ne3znh8KqL0V4NqmALQa0uXMYKcEk",
    "zeroMd5KeyForTests00000000000375", "d41d8cd98f00b204e9800998ecf8427e",
    "e10adc3949ba59abbe56e057f20f883e", "25d55ad283aa400af464c76d713c07ad",
    "5f4dcc3b5aa765d61d8327deb882cf99", "21232f297a57a5a743894a0e4a801fc3",
  ]
}

/// Why a text cannot be an API key. No case carries the text.
package enum APIKeyRefusal: Error, Sendable, Equatable {
  /// Not 32 bytes; the number is what came.
  case length(Int)
  /// Something else than ASCII letters and digits.
  case characters
  /// A key that everybody can read in a manual or an SDK.
  case published
  /// Too few different characters, a repetition, or a run such as `abcdefgh…`.
  case weak
}

extension [UInt8] {
  /// Whether 32 characters look drawn at random.
  ///
  /// Coarse on purpose: keys are often the hexadecimal digits of a digest, and of those, drawn at
  /// random, one in five counts less than 3.5 bits of entropy per character over its own 32
  /// characters. No random key must be refused here; `aaaa…`, `1234…` and `abcabc…` must.
  fileprivate var isVaried: Bool {
    let counts = Dictionary(grouping: self) { $0 }.values.map(\.count)
    let steps = zip(self, dropFirst()).filter { $0 == $1 || $0 &+ 1 == $1 || $0 == $1 &+ 1 }
    let isRepetition = (1...count / 2).contains { period in
      zip(self, dropFirst(period)).allSatisfy { $0 == $1 }
    }
    return counts.count >= 8 && counts.allSatisfy { $0 <= 12 } && steps.count <= 20 && !isRepetition
  }
}

extension APIKeyRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .length(let count): "an API key has 32 characters, this text has \(count) bytes"
    case .characters: "an API key consists of letters and digits"
    case .published: "this key stands in manuals and is known to everybody"
    case .weak: "this key can be guessed"
    }
  }
}
