import Foundation
import Linux
import Testing

@Suite struct FileStatusTests {
  private let file = "/tmp/weixinpay-status-\(UUID().uuidString)"

  @Test func `a file has its mode and owner`() throws {
    try "a".write(toFile: file, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    chmod(file, 0o4640)
    let status = try #require(FileStatus(path: file))
    #expect(status.mode == 0o4640)
    #expect(status.ownerUserID == effectiveUserID())
    #expect(status.isRegular && !status.isDirectory && !status.isSocket)
  }

  @Test func `a folder is one, through a link as well`() throws {
    symlink("/tmp", file)
    defer { unlink(file) }
    #expect(FileStatus(path: "/tmp")?.isDirectory == true)
    #expect(FileStatus(path: file)?.isDirectory == true)
  }

  @Test func `nothing has no status`() {
    #expect(FileStatus(path: file) == nil)
  }
}
