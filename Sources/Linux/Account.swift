import Glibc

/// A user of this machine as the file system judges it: its number and the groups it is in.
package struct Account: Sendable, Equatable {
  /// What may be done with a file, or in a folder.
  package enum Right: UInt32, Sendable {
    /// Reads a file, lists a folder.
    case read = 4
    /// Writes a file, connects to a socket, makes and removes entries of a folder.
    case write = 2
    /// Walks through a folder to what lies in it.
    case search = 1
  }

  package let name: String
  package let userID: UInt32
  /// The primary group and the supplementary ones.
  package let groupIDs: Set<UInt32>

  package init(name: String, userID: UInt32, groupIDs: Set<UInt32>) {
    self.name = name
    self.userID = userID
    self.groupIDs = groupIDs
  }

  /// The account of this name with the groups that a login would give it; nil when the system knows
  /// no such account.
  ///
  /// A process that has been running since before a change of its groups still has the old ones.
  /// Source: `getpwnam_r(3)`, `getgrouplist(3)`.
  package init?(named name: String) {
    guard let entry = account(named: name) else { return nil }
    self.init(
      name: name, userID: entry.userID,
      groupIDs: groups(of: name, primary: entry.groupID).union([entry.groupID]))
  }

  /// Whether it may do this at a path, every folder on the way included.
  ///
  /// Root may do everything. What cannot be seen from here counts as closed. Access control lists
  /// (`acl(5)`) beyond the permission bits are not looked at.
  package func may(_ right: Right, _ path: String) -> Bool {
    guard userID != 0 else { return true }
    guard let status = FileStatus(path: path), isAllowed(right, status) else { return false }
    return foldersAbove(path).allSatisfy { folder in
      FileStatus(path: folder).map { isAllowed(.search, $0) } ?? false
    }
  }

  /// The owner's bits are all that count for the owner, and the group's for its members.
  private func isAllowed(_ right: Right, _ status: FileStatus) -> Bool {
    let shift: UInt32 =
      if status.ownerUserID == userID { 6 } else if groupIDs.contains(status.groupID) { 3 } else {
        0
      }
    return status.mode >> shift & right.rawValue != 0
  }
}

/// The folders on the way to a path, `/` first.
///
/// - Parameter path: absolute.
package func foldersAbove(_ path: String) -> [String] {
  let parts = path.split(separator: "/").dropLast()
  return ["/"] + parts.indices.map { "/" + parts[...$0].joined(separator: "/") }
}

/// The path without symbolic links, `.` and `..`; nil when it leads nowhere (`realpath(3)`).
package func resolvedPath(_ path: String) -> String? {
  guard let resolved = unsafe realpath(path, nil) else { return nil }
  defer { unsafe free(resolved) }
  return unsafe String(cString: resolved)
}

/// The group that the process's files get, unless their folder says otherwise.
package func effectiveGroupID() -> UInt32 { getegid() }

/// The name of a group; its number when it has no name. Source: `getgrgid_r(3)`.
package func groupName(_ number: UInt32) -> String {
  var bytes = 1024
  while true {
    var entry = unsafe group()
    var found: UnsafeMutablePointer<group>?
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes)
    defer { unsafe buffer.deallocate() }
    if unsafe getgrgid_r(number, &entry, buffer, bytes, &found) == ERANGE, bytes < 1 << 20 {
      bytes *= 4
      continue
    }
    guard let found = unsafe found else { return String(number) }
    return unsafe String(cString: found.pointee.gr_name)
  }
}

private func groups(of name: String, primary: UInt32) -> Set<UInt32> {
  var capacity: Int32 = 64
  while true {
    var numbers = [gid_t](repeating: 0, count: Int(capacity))
    var count = capacity
    if unsafe getgrouplist(name, primary, &numbers, &count) >= 0 {
      return Set(numbers.prefix(Int(count)))
    }
    // It has said how many there are; there may be more by now.
    guard count > capacity else { return Set(numbers) }
    capacity = count
  }
}
