import Glibc

/// Tells whether a path still names the same file.
struct FileIdentity: Equatable {
  private let device: dev_t
  private let inode: ino_t
  let isSocket: Bool

  /// Nil when nothing stands at the path. A symbolic link is itself, not what it points to.
  init?(path: String) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    device = status.st_dev
    inode = status.st_ino
    isSocket = status.st_mode & S_IFMT == S_IFSOCK
  }
}
