import FoundationEssentials
import Payments

/// An https address in the settings.
struct WebAddress: Hashable, Sendable {
  /// As it stands in the file.
  let text: String
  /// The host in lower case; an IPv6 address without brackets.
  let host: String
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

  /// - Returns: `nil` unless the text is https with a host and without user, query and fragment.
  init?(_ text: String) {
    guard text.utf8.count <= 255, text.utf8.allSatisfy(\.isGraphic),
      let parts = URLComponents(string: text), parts.scheme?.lowercased() == "https",
      let host = parts.host?.lowercased(), !host.isEmpty,
      parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
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

extension Shape where Value == WebAddress {
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
