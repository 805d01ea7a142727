import Glibc

/// What the file system says about a path; symbolic links are followed (`stat(2)`).
package struct FileStatus: Equatable, Sendable {
  /// Permission bits without the file's type: `0o640`.
  package let mode: UInt32
  /// The account that owns it (`st_uid`).
  package let ownerUserID: UInt32
  /// The group it belongs to (`st_gid`).
  package let groupID: UInt32
  private let type: mode_t

  /// Nil when nothing can be seen at the path: it does not exist, or a folder on the way is closed.
  package init?(path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    mode = status.st_mode & 0o7777
    ownerUserID = status.st_uid
    groupID = status.st_gid
    type = status.st_mode & S_IFMT
  }

  /// Whether only the owner of an entry may rename or remove it, although others may write in the
  /// folder.
  package var isSticky: Bool { isDirectory && mode & 0o1000 != 0 }
  package var isSocket: Bool { type == S_IFSOCK }
  package var isDirectory: Bool { type == S_IFDIR }
  package var isRegular: Bool { type == S_IFREG }
}
