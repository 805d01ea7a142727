import Glibc

/// The address of a Unix domain socket (`sockaddr_un`).
struct SocketAddress {
  private var address = sockaddr_un()

  init(path: String) throws(FastCGIError) {
    guard path.utf8.count <= ListeningSocket.maximumPathBytes else {
      throw .pathTooLong(path: path)
    }
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
  }

  func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    unsafe withUnsafePointer(to: address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
