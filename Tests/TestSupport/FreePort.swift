import Foundation

/// A TCP port of 127.0.0.1 on which nothing listens at this moment.
///
/// Another process may take it before its user does: let a server choose its own port (0) where
/// it can.
package func freePort() throws -> UInt16 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  defer { close(descriptor) }

  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
      let bound = bind(descriptor, pointer, length)
      return bound == 0 ? getsockname(descriptor, pointer, &length) : bound
    }
  }
  guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  return UInt16(bigEndian: address.sin_port)
}
