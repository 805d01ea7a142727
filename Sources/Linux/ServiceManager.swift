import Glibc

/// systemd, when it has started this process as a service.
package enum ServiceManager {
  /// The listening sockets that it has opened for us; empty when there are none.
  ///
  /// They are the descriptors from 3 on. Other descriptors that it may hand over, such as stored
  /// files, are among them: the caller looks at each. Source: `sd_listen_fds(3)`.
  package static func listeningDescriptors() -> [Int32] {
    guard let process = Environment.value("LISTEN_PID"), Int32(process) == getpid(),
      let count = Environment.value("LISTEN_FDS").flatMap(Int32.init), (1...64).contains(count)
    else { return [] }
    return (3..<3 + count).map { $0 }
  }

  /// Tells it what this process is about; nothing happens when it does not ask.
  ///
  /// - Parameter state: assignments, one in a line: `READY=1`. Source: `sd_notify(3)`.
  package static func notify(_ state: String) {
    guard let path = Environment.value("NOTIFY_SOCKET") else { return }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard let first = name.first, name.count < capacity else { return }
    // An abstract address, which has no file, is written with an @ in place of its first NUL.
    if first == UInt8(ascii: "@") { name[0] = 0 }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size - capacity + name.count)
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array(state.utf8)
    _ = unsafe withUnsafePointer(to: address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bytes.withUnsafeBytes {
          unsafe sendto(
            descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL), pointer, length)
        }
      }
    }
  }
}
