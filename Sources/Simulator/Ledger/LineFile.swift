import Foundation

/// A file that only grows, line by line; each line is with the kernel when `append` returns, so that
/// it survives a kill of this process.
///
/// Foundation, because neither the standard library nor FoundationEssentials can append to a file.
struct LineFile: ~Copyable {
  private let file: FileHandle

  /// Opens the file, or makes it, readable by its owner only.
  init(path: String) throws {
    file = try Self.open(path)
  }

  private static func open(_ path: String) throws -> FileHandle {
    if !FileManager.default.fileExists(atPath: path) {
      // Failing to make it shows below.
      _ = FileManager.default.createFile(
        atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
    }
    guard let file = FileHandle(forUpdatingAtPath: path) else { throw LineFileError(path: path) }
    try endLastLine(of: file)
    return file
  }

  mutating func append(_ line: [UInt8]) throws {
    try file.write(contentsOf: line + [0x0A])
  }

  /// A kill can cut the last line short; what follows must not be glued to it.
  private static func endLastLine(of file: FileHandle) throws {
    let end = try file.seekToEnd()
    guard end > 0 else { return }
    try file.seek(toOffset: end - 1)
    if try file.read(upToCount: 1) != Data([0x0A]) { try file.write(contentsOf: [0x0A]) }
  }

  /// Makes a folder for such files, closed to others, unless it is there.
  static func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  /// The lines of the file; none when it does not exist.
  static func lines(path: String) throws -> [[UInt8]] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let content = try Data(contentsOf: URL(fileURLWithPath: path))
    return content.split(separator: 0x0A).map { Array($0) }
  }
}

/// A file of the state folder that cannot be opened, or the folder itself.
struct LineFileError: Error, CustomStringConvertible {
  let path: String

  var description: String { "cannot write \(path): is it ours, and is it a file?" }
}
