/// The host and port of a URL whose host is a name that has to be looked up.
struct Endpoint: Equatable {
  let name: String
  let port: UInt16

  /// - Parameters:
  ///   - host: as it stands in the URL: `api.mch.weixin.qq.com`, `shop.example:8443`.
  ///   - isTLS: whether the port is 443 where none is given, else 80.
  /// - Returns: `nil` for an address, for this machine's own name, and for what is no plain name:
  ///   of these libcurl makes what it can.
  init?(host: String, isTLS: Bool) {
    let parts = host.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = parts.first.map({ String($0).lowercased() }) else {
      return nil
    }
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    // A first hyphen has a meaning in libcurl's list.
    guard isPlain, let first = name.first, first.isLetter || first.isNumber,
      InternetAddress(name) == nil, name != "localhost", !name.hasSuffix(".localhost")
    else { return nil }
    guard let port = parts.count == 1 ? (isTLS ? 443 : 80) : UInt16(parts[1]) else { return nil }
    self.name = name
    self.port = port
  }

  /// An entry of libcurl's list of known hosts (`CURLOPT_RESOLVE`).
  func entry(_ addresses: [String]) -> String {
    let list = addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
    return "\(name):\(port):\(list)"
  }
}
