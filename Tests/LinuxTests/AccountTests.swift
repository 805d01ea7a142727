import Foundation
import Linux
import Testing

@Suite struct AccountTests {
  @Test func `an account has its number and its groups`() throws {
    let root = try #require(Account(named: "root"))
    #expect(root.userID == 0 && root.groupIDs.contains(0))
    #expect(Account(named: "no such account") == nil)
    let me = try #require(Account(named: userName()))
    #expect(me.userID == effectiveUserID())
  }

  @Test func `groups have names`() {
    #expect(groupName(0) == "root")
    #expect(groupName(4_000_000_001) == "4000000001")
  }

  @Test func `the folders above a path are all that lead to it`() {
    #expect(foldersAbove("/a/b/c") == ["/", "/a", "/a/b"])
    #expect(foldersAbove("/a") == ["/"])
    #expect(foldersAbove("/") == ["/"])
  }

  @Test func `a path is resolved through links, and nothing leads nowhere`() throws {
    let link = "/tmp/weixinpay-link-\(UUID().uuidString)"
    symlink("/usr/./bin/..", link)
    defer { unlink(link) }
    #expect(resolvedPath(link) == "/usr")
    #expect(resolvedPath(link + "/no such file") == nil)
  }

  /// Modes of a file and of its folder, and who asks: as owner, by a group, as anybody.
  static let cases: [(file: Int, folder: Int)] = [
    (0o640, 0o750), (0o600, 0o750), (0o640, 0o700), (0o644, 0o755), (0o004, 0o755), (0o044, 0o711),
    (0o040, 0o010), (0o440, 0o701), (0o600, 0o700), (0o666, 0o777),
  ]

  /// The system itself judges: each account really tries.
  @Test(.enabled(if: geteuid() == 0, "only root can become another user"), arguments: cases)
  func `what is computed is what the system does`(file: Int, folder: Int) throws {
    let path = "/tmp/weixinpay-account-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    try "secret".write(toFile: path + "/key", atomically: false, encoding: .utf8)
    chown(path + "/key", 61_001, 61_001)
    chown(path, 61_001, 61_002)
    chmod(path + "/key", mode_t(file))
    chmod(path, mode_t(folder))
    for account in [
      Account(name: "owner", userID: 61_001, groupIDs: [61_009]),
      Account(name: "member", userID: 61_003, groupIDs: [61_009, 61_001]),
      Account(name: "of the folder", userID: 61_003, groupIDs: [61_009, 61_002]),
      Account(name: "of both", userID: 61_003, groupIDs: [61_001, 61_002]),
      Account(name: "stranger", userID: 61_003, groupIDs: [61_009]),
      Account(name: "root", userID: 0, groupIDs: [0]),
    ] {
      for (right, test) in [(Account.Right.read, "-r"), (.write, "-w")] {
        let really = try succeeds(test, path + "/key", as: account)
        #expect(account.may(right, path + "/key") == really, "\(account.name) \(test)")
      }
    }
  }

  private func succeeds(_ test: String, _ path: String, as account: Account) throws -> Bool {
    let groups = account.groupIDs.sorted().map(String.init)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
    process.arguments = [
      "--reuid=\(account.userID)", "--regid=\(groups[0])",
      "--groups=\(groups.joined(separator: ","))", "/usr/bin/test", test, path,
    ]
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
