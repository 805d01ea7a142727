import FoundationEssentials
import Payments

/// A web address in the settings: https, and http only for a `target`.
package struct WebAddress: Hashable, Sendable {
  /// As it stands in the file.
  package let text: String
  /// The host in lower case; an IPv6 address without brackets.
  package let host: String
  let port: Int?
  /// Without its trailing slash; empty for a host alone.
  let path: String

  /// Stands where no address has been read.
  static let none = WebAddress(text: "", host: "", port: nil, path: "")

  private init(text: String, host: String, port: Int?, path: String) {
    self.text = text
    self.host = host
    self.port = port
    self.path = path
  }

  /// - Parameter isTarget: whether it is one of the shop's own, which may be http and have a query.
  /// - Returns: `nil` unless the text is https with a host and without user, query and fragment.
  init?(_ text: String, isTarget: Bool = false) {
    guard text.utf8.count <= 255, text.utf8.allSatisfy(\.isGraphic),
      let parts = URLComponents(string: text),
      text.hasPrefix("https://") || (isTarget && text.hasPrefix("http://")),
      let host = parts.host?.lowercased(), !host.isEmpty,
      parts.user == nil, parts.password == nil, parts.query == nil || isTarget,
      parts.fragment == nil
    else { return nil }
    self.text = text
    self.host = host.filter { $0 != "[" && $0 != "]" }
    port = parts.port
    path = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
  }

  /// Scheme, host and perhaps port, without a slash at the end.
  var origin: String { text.hasSuffix("/") ? String(text.dropLast()) : text }

  /// Whether the host is WeChat's own.
  var isWeChat: Bool {
    ["weixin.qq.com", "wechatpay.cn"].contains { host == $0 || host.hasSuffix(".\($0)") }
  }

  /// Whether WeChat could reach the host over the internet, as far as the name tells.
  var isPublic: Bool {
    if host.contains(":") { return !["::", "f"].contains { host.hasPrefix($0) } }
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = labels.compactMap { UInt8($0) }
    guard numbers.count == labels.count else {
      let last = labels.last.map(String.init) ?? ""
      return labels.count > 1 && !["local", "localhost", "internal", "lan"].contains(last)
    }
    return switch (numbers[0], numbers.count > 1 ? numbers[1] : 0) {
    case (0, _), (10, _), (127, _), (169, 254), (172, 16...31), (192, 168), (100, 64...127),
      (224..., _):
      false
    default: numbers.count == 4
    }
  }
}

extension WebAddress {
  var isPlainHTTP: Bool { text.hasPrefix("http://") }
}

extension Shape where Value == WebAddress {
  /// An address of the shop's own.
  static let target = Shape(
    "an https address, or http for one of private_hosts", remedy: "correct it"
  ) { text in
    WebAddress(text, isTarget: true)
  }

  /// Scheme, host and perhaps port.
  static let origin = Shape(
    "https://host without a path", remedy: "correct it; http is never used"
  ) { text in
    WebAddress(text).flatMap { $0.path.isEmpty ? $0 : nil }
  }

  /// What WeChat calls.
  static let callback = Shape(
    "an https address with a path, without query, fragment and user, of at most 255 characters",
    remedy: "give the address under which WeChat reaches nginx's location"
  ) { text in
    WebAddress(text).flatMap { $0.path.isEmpty ? nil : $0 }
  }
}
