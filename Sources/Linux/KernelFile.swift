import Glibc

/// All bytes of a file of the kernel, such as /proc/net/unix.
///
/// Its length is unknown beforehand, and each reading gives a page or less: what reads a file by its
/// length, or ends at the first short reading, sees the beginning only.
///
/// - Throws: when it cannot be opened or read.
package func contentsOfKernelFile(_ path: String) throws(LinuxError) -> [UInt8] {
  let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw LinuxError(operation: "open \(path)", code: errno) }
  defer { close(file) }
  var bytes: [UInt8] = []
  var page = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = unsafe page.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
    if count == 0 { return bytes }
    if count > 0 {
      bytes += page[..<count]
    } else if errno != EINTR {
      throw LinuxError(operation: "read \(path)", code: errno)
    }
  }
}
