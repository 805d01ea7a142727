import Glibc

/// The number of the account with this name; nil when the system knows no such account.
///
/// Source: `getpwnam_r(3)`.
package func userID(named name: String) -> UInt32? { account(named: name)?.userID }

/// What the system knows of the account with this name. Source: `getpwnam_r(3)`.
func account(named name: String) -> AccountEntry? {
  unsafe account { entry, buffer, bytes, found in
    unsafe getpwnam_r(name, entry, buffer, bytes, found)
  }
}

/// The number of this process.
package func processID() -> Int32 { getpid() }

/// A line of the list of accounts (`passwd(5)`).
typealias AccountEntry = (name: String, userID: UInt32, groupID: UInt32)

/// The account whose rights the process has.
package func effectiveUserID() -> UInt32 { geteuid() }

/// The name of the account whose rights the process has; its number when it has no name.
package func userName() -> String { userName(geteuid()) }

/// The name of the account with this number; the number when it has no name.
package func userName(_ number: UInt32) -> String { userName(of: number) ?? String(number) }

/// The person at the keyboard, as far as the system knows: who called sudo, else who logged in, else
/// the account whose rights the process has.
///
/// Source: `sudo(8)`, SUDO_USER; `proc(5)`, /proc/pid/loginuid, which nobody but the kernel can change
/// back.
package func personName() -> String {
  if let name = Environment.value("SUDO_USER"), !name.isEmpty { return name }
  // 4294967295: nobody has logged in, as for a service or in a container.
  if let number = loginUserID(), number != .max, let name = userName(of: number) { return name }
  return userName()
}

private func loginUserID() -> UInt32? {
  let descriptor = unsafe open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: 16)
  let count = unsafe read(descriptor, &bytes, bytes.count)
  guard count > 0 else { return nil }
  return UInt32(String(decoding: bytes.prefix(count), as: UTF8.self))
}

private func userName(of number: UInt32) -> String? {
  unsafe account { entry, buffer, bytes, found in
    unsafe getpwuid_r(number, entry, buffer, bytes, found)
  }?.name
}

private typealias Lookup = (
  UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
  UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
) -> Int32

private func account(_ lookUp: Lookup) -> AccountEntry? {
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
    return unsafe (
      String(cString: found.pointee.pw_name), found.pointee.pw_uid, found.pointee.pw_gid
    )
  }
}
