import Server
import Synchronization

/// Every exchange with a merchant, one JSON line each (`wire.log`).
///
/// Secrets of the login interface are left out; everything else stands as it was on the wire, up to
/// 64 KiB.
final class WireLog: Sendable {
  enum Direction: String, Sendable {
    /// The merchant called WeChat.
    case incoming = "in"
    /// WeChat called the merchant.
    case outgoing = "out"
  }

  private static let limit = 65_536

  private let file: Mutex<LineFile>

  init(path: String) throws {
    file = Mutex(try LineFile(path: path))
  }

  /// - Parameter now: microseconds since 1970, when the exchange ended.
  func record(
    _ direction: Direction, at now: Int64, path: String, request: [UInt8], answer: [UInt8],
    status: Int
  ) throws {
    let line: JSON = [
      "at": JSON(now), "direction": .string(direction.rawValue), "path": .string(path),
      "request": Self.text(request), "answer": Self.text(answer), "status": JSON(Int64(status)),
    ]
    try file.withLock { try $0.append(line.bytes) }
  }

  private static func text(_ bytes: [UInt8]) -> JSON {
    .string(String(decoding: bytes.prefix(limit), as: UTF8.self))
  }
}

extension String {
  /// The query of `jscode2session` without the value of `secret`.
  var withoutSecrets: String {
    split(separator: "&", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("secret=") ? "secret=***" : String($0) }
      .joined(separator: "&")
  }

  /// An answer of `jscode2session` without the value of `session_key`.
  var withoutSessionKey: String {
    let name = "\"session_key\":\""
    let parts = split(separator: name, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return self }
    return parts[0] + name + "***" + parts[1].drop { $0 != "\"" }
  }
}

extension Response {
  var text: String { String(decoding: body, as: UTF8.self) }
}
