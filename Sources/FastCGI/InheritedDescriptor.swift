import CFastCGI
import Glibc

/// A descriptor that another process has left to us, and that we look at before we believe it.
struct InheritedDescriptor {
  private let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Where the listening socket's file stands, once the descriptor is set up as our own are.
  ///
  /// - Throws: `notListening` when it is not a listening Unix domain stream socket with a file.
  func path() throws(FastCGIError) -> String {
    guard option(SO_DOMAIN) == AF_UNIX, option(SO_TYPE) == Int32(SOCK_STREAM.rawValue),
      option(SO_ACCEPTCONN) == 1, let path = boundPath(), !path.isEmpty,
      weixinpay_make_nonblocking(descriptor) == 0, weixinpay_close_on_exec(descriptor) == 0
    else { throw .notListening(descriptor: descriptor) }
    return path
  }

  private func option(_ name: Int32) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 else { return nil }
    return value
  }

  private func boundPath() -> String? {
    var address = sockaddr_un()
    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let outcome = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &length)
      }
    }
    guard outcome == 0 else { return nil }
    let bytes = unsafe withUnsafeBytes(of: address.sun_path) { unsafe Array($0) }
    return String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
