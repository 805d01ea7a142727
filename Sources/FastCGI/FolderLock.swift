import Glibc

/// Keeps other processes of ours from changing sockets in a folder. Ends when it goes out of scope.
struct FolderLock: ~Copyable {
  private let descriptor: Int32

  init(ofFileAt path: String) throws(FastCGIError) {
    let folder =
      switch path.lastIndex(of: "/") {
      case nil: "."
      case path.startIndex?: "/"
      case .some(let slash): String(path[..<slash])
      }
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(operation: "open", path: folder, code: errno) }
    guard flock(descriptor, LOCK_EX) == 0 else {
      let code = errno
      close(descriptor)
      throw .system(operation: "flock", path: folder, code: code)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
