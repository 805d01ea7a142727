import Glibc

/// How many bytes a user other than root can still write in the file system of a path; nil when that
/// cannot be seen from here (`statvfs(3)`).
package func freeBytes(at path: String) -> Int64? {
  var status = statvfs()
  guard unsafe statvfs(path, &status) == 0 else { return nil }
  let (bytes, overflows) = status.f_bavail.multipliedReportingOverflow(by: status.f_frsize)
  return overflows ? .max : Int64(clamping: bytes)
}
