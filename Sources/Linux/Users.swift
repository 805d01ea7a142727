import Glibc

/// The number of the account with this name; nil when the system knows no such account.
///
/// Source: `getpwnam_r(3)`.
public func userID(named name: String) -> UInt32? {
  unsafe account { entry, buffer, bytes, found in
    unsafe getpwnam_r(name, entry, buffer, bytes, found)
  }?.userID
}

/// The account whose rights the process has.
public func effectiveUserID() -> UInt32 { geteuid() }

/// The name of the account whose rights the process has; its number when it has no name.
public func userName() -> String {
  let number = geteuid()
  let found = unsafe account { entry, buffer, bytes, found in
    unsafe getpwuid_r(number, entry, buffer, bytes, found)
  }
  return found?.name ?? String(number)
}

private typealias Lookup = (
  UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
  UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
) -> Int32

private func account(_ lookUp: Lookup) -> (name: String, userID: UInt32)? {
  var bytes = 1024
  while true {
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes)
    defer { unsafe buffer.deallocate() }
    // An account with very many or long fields does not fit; it is the caller who makes room.
    if unsafe lookUp(&entry, buffer, bytes, &found) == ERANGE, bytes < 1 << 20 {
      bytes *= 4
      continue
    }
    guard let found = unsafe found else { return nil }
    return unsafe (String(cString: found.pointee.pw_name), found.pointee.pw_uid)
  }
}
