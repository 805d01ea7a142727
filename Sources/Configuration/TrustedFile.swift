import Linux

/// A file that the gateway obeys: nobody but root and the gateway itself may put other words into it,
/// or another file into its place.
struct TrustedFile: Sendable {
  let path: String
  /// How messages name the path.
  let shownPath: String

  init(_ path: String, shownAs shownPath: String? = nil) {
    self.path = path
    self.shownPath = shownPath ?? path
  }

  /// - Throws: `Mismatch`, also when nothing is there.
  func check() throws(Mismatch) {
    guard let status = FileStatus(path: path) else {
      throw mismatch("a file", "none that can be seen", "create it, or correct the path")
    }
    guard status.isRegular else {
      throw mismatch("a file", "a folder or device", "name the file itself")
    }
    guard isOurs(status.ownerUserID) else {
      throw mismatch(
        "a file of \(owners)", "one of the user \(userName(status.ownerUserID))",
        "run: chown root \(shownPath)")
    }
    try checkMode(status, "a file")
    // Both ways to it: a link may be changed where it stands, the file where it lies.
    for path in [path, resolvedPath(path) ?? path] { try checkFolders(above: path) }
  }

  /// Who may write in a folder can rename what lies in it, except where the sticky bit is set (/tmp).
  private func checkFolders(above path: String) throws(Mismatch) {
    for folder in foldersAbove(path) {
      guard let status = FileStatus(path: folder) else { continue }
      guard isOurs(status.ownerUserID) else {
        throw Mismatch(
          expected: "folders of \(owners) on the way to \(shownPath)",
          got: "\(folder) of the user \(userName(status.ownerUserID))",
          remedy: "move the file to /etc/weixinpay, or run: chown root \(folder)")
      }
      guard !status.isSticky else { continue }
      if let letter = status.writableByOthers {
        throw Mismatch(
          expected: "folders in which only \(owners) may write, on the way to \(shownPath)",
          got: "\(folder) of mode 0\(String(status.mode, radix: 8))",
          remedy: "run: chmod \(letter)-w \(folder)")
      }
    }
  }

  private func checkMode(_ status: FileStatus, _ what: String) throws(Mismatch) {
    guard let letter = status.writableByOthers else { return }
    throw mismatch(
      "\(what) that only \(owners) may write", "mode 0\(String(status.mode, radix: 8))",
      "run: chmod \(letter)-w \(shownPath)")
  }

  private func isOurs(_ user: UInt32) -> Bool {
    [0, effectiveUserID(), Self.service?.userID].contains(user)
  }

  private var owners: String {
    effectiveUserID() != 0
      ? "root or \(userName())" : Self.service.map { "root or \($0.name)" } ?? "root"
  }

  /// For root, who migrates and checks: the user whose files they are, as the papers name it.
  fileprivate static let service = effectiveUserID() == 0 ? Account(named: "weixinpay") : nil

  private func mismatch(_ expected: String, _ got: String, _ remedy: String) -> Mismatch {
    Mismatch(expected: expected, got: "\(got) at \(shownPath)", remedy: remedy)
  }
}

extension FileStatus {
  /// The letter of chmod(1) for those who may write and are neither the owner nor root's group nor
  /// our own; nil when there are none.
  fileprivate var writableByOthers: String? {
    if mode & 0o002 != 0 { return "o" }
    let isOurs =
      [0, effectiveGroupID()].contains(groupID)
      || TrustedFile.service?.groupIDs.contains(groupID) == true
    return mode & 0o020 != 0 && !isOurs ? "g" : nil
  }
}
