import Glibc

/// An IPv4 or IPv6 address.
package struct InternetAddress: Sendable, Equatable {
  /// 4 or 16 bytes, in the order of the network.
  package let bytes: [UInt8]

  /// Reads an address in its usual spelling; a zone such as `%eth0` is not taken.
  ///
  /// - Returns: `nil` for names, and for the spellings of IPv4 that only old programs know
  ///   (`127.1`, `0x7f000001`).
  package init?(_ text: String) {
    var four = in_addr()
    if unsafe inet_pton(AF_INET, text, &four) == 1 {
      bytes = unsafe withUnsafeBytes(of: &four) { unsafe Array($0) }
      return
    }
    var sixteen = in6_addr()
    guard unsafe inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
    bytes = unsafe withUnsafeBytes(of: &sixteen) { unsafe Array($0) }
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The IPv4 address that a socket for both protocols spells as one of IPv6 (`::ffff:192.0.2.1`,
  /// IPv4-mapped), with its four numbers; nil for any other address.
  package var mappedIPv4: String? {
    let prefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
    guard bytes.count == 16, bytes.starts(with: prefix) else { return nil }
    return bytes.dropFirst(12).map { String($0) }.joined(separator: ".")
  }

  /// Whether it is an address of the public internet: not this machine, not a neighbour's network,
  /// not a group, and none that stands for such an IPv4 address.
  ///
  /// Source: the registries of special-purpose addresses (RFC 6890 and its successors).
  package var isPublic: Bool {
    if bytes.count == 4 { return isPublicIPv4 }
    if let embedded { return embedded.isPublic }
    // All that is assigned for the internet lies in 2000::/3; documentation is no place.
    let isDocumentation = bytes.starts(with: [0x20, 0x01, 0x0D, 0xB8])
    // 2001::/23 serves protocols, among them tunnels (Teredo) that hide an IPv4 address.
    let isForProtocols = bytes.starts(with: [0x20, 0x01]) && bytes[2] < 2
    return bytes[0] & 0xE0 == 0x20 && !isDocumentation && !isForProtocols
  }

  private var isPublicIPv4: Bool {
    switch (bytes[0], bytes[1], bytes[2]) {
    case (0, _, _), (10, _, _), (127, _, _), (224..., _, _): false
    case (100, 64...127, _), (169, 254, _), (172, 16...31, _), (192, 168, _): false
    case (192, 0, 0), (192, 0, 2), (192, 88, 99), (198, 18...19, _), (198, 51, 100),
      (203, 0, 113):
      false
    default: true
    }
  }

  /// The IPv4 address that this IPv6 address stands for.
  private var embedded: InternetAddress? {
    let zeros = [UInt8](repeating: 0, count: 10)
    // ::ffff:0:0/96, mapped; 64:ff9b::/96, translated by NAT64; 2002::/16, 6to4.
    if bytes.starts(with: zeros + [0xFF, 0xFF])
      || bytes.starts(with: [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0])
    {
      return InternetAddress(bytes: Array(bytes[12...]))
    }
    if bytes.starts(with: [0x20, 0x02]) { return InternetAddress(bytes: Array(bytes[2..<6])) }
    return nil
  }
}
