import Glibc

/// What the file system says about a path; symbolic links are followed (`stat(2)`).
public struct FileStatus: Equatable, Sendable {
  /// Permission bits without the file's type: `0o640`.
  public let mode: UInt32
  /// The account that owns it (`st_uid`).
  public let ownerUserID: UInt32
  /// The group it belongs to (`st_gid`).
  public let groupID: UInt32
  private let type: mode_t

  /// Nil when nothing can be seen at the path: it does not exist, or a folder on the way is closed.
  public init?(path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    mode = status.st_mode & 0o7777
    ownerUserID = status.st_uid
    groupID = status.st_gid
    type = status.st_mode & S_IFMT
  }

  /// Whether only the owner of an entry may rename or remove it, although others may write in the
  /// folder.
  public var isSticky: Bool { isDirectory && mode & 0o1000 != 0 }
  public var isSocket: Bool { type == S_IFSOCK }
  public var isDirectory: Bool { type == S_IFDIR }
  public var isRegular: Bool { type == S_IFREG }
}
