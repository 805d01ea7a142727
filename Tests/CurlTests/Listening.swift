import Foundation
import TestSupport

/// A listening TCP socket on a free port of 127.0.0.1.
func listen(backlog: Int32 = 64) throws -> (descriptor: Int32, port: UInt16) {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  var address = loopback(port: 0)
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
      bind(descriptor, pointer, length) == 0
        && Glibc.listen(descriptor, backlog) == 0
        && getsockname(descriptor, pointer, &length) == 0
    }
  }
  guard status else { throw TestSupportError("cannot listen: \(errno)") }
  return (descriptor, UInt16(bigEndian: address.sin_port))
}

/// A TCP connection to a port of 127.0.0.1 that is not waited for.
func startConnecting(to port: UInt16) -> Int32 {
  let descriptor = socket(
    AF_INET,
    Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
  var address = loopback(port: port)
  _ = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  return descriptor
}

private func loopback(port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return address
}
