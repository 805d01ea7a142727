import Foundation
import TestSupport
import Testing

@testable import Configuration
@testable import Gateway

/// nginx's user reaches the sockets, and no secret.
@Suite struct CheckAccessTests {
  /// www-data's number and group on Debian.
  private static let nginx = (user: "www-data", group: gid_t(33))

  private func site(peers: String) throws -> ServableFixture {
    let site = try ServableFixture()
    let text = try String(contentsOfFile: site.file, encoding: .utf8)
    try site.settings.write(
      text.replacing("peers: [\"\(NSUserName())\"]", with: "peers: [\(peers)]"),
      to: "weixinpay.yaml", mode: 0o640)
    return site
  }

  @Test func `a user who cannot reach the sockets is found`() throws {
    let site = try site(peers: "nobody")
    let finding = try #require(site.finding("listen.peers"))
    #expect(finding.level == .fail)
    #expect(finding.sentence.contains("nobody"))
    #expect(finding.sentence.contains(site.settings.folder.path))
    #expect(site.finding("secrets")?.level == .ok)
  }

  @Test func `users whom nobody knows are a warning`() throws {
    #expect(try site(peers: "no-such-user").finding("listen.peers")?.level == .warn)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a file to another group"))
  func `a key that nginx's user can read fails, until the group is taken away`() throws {
    let site = try site(peers: Self.nginx.user)
    let folder = site.settings.folder
    chmod(folder.path, 0o711)
    #expect(site.finding("secrets")?.level == .ok)
    chown(folder.file("api.key"), 0, Self.nginx.group)
    chmod(folder.file("api.key"), 0o640)
    let finding = try #require(site.finding("secrets"))
    #expect(finding.level == .fail)
    #expect(finding.sentence.contains("www-data") && finding.sentence.contains("api.key"))
    #expect(finding.remedy?.contains("gpasswd -d www-data www-data") == true)
    // The same at the start, where it is told.
    try site.migrate()
    #expect(try StartCheck.run(Settings.read(file: site.file)).contains(finding))
    // A folder on the way that is closed closes the key.
    chmod(folder.path, 0o700)
    #expect(site.finding("secrets")?.level == .ok)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a file to another group"))
  func `a folder of sockets in which nginx may write fails`() throws {
    let site = try site(peers: Self.nginx.user)
    let run = site.settings.folder.file("run")
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: false)
    let text = try String(contentsOfFile: site.file, encoding: .utf8)
    try site.settings.write(
      text.replacing("./", with: "run/"), to: "weixinpay.yaml", mode: 0o640)
    chmod(site.settings.folder.path, 0o711)
    chown(run, 0, Self.nginx.group)
    chmod(run, 0o2770)
    #expect(site.finding("listen.api.socket")?.sentence.contains("www-data may write") == true)
    chmod(run, 0o2750)
    #expect(site.finding("listen.api.socket")?.level == .ok)
    #expect(site.finding("listen.peers")?.level == .ok)
  }

  @Test func `papers and units keep the sockets' group apart from the secrets'`() throws {
    let pages = "Sources/Documentation"
    for paper in ["README.md", "\(pages)/Install.md", "\(pages)/中文/安装.md"] {
      let text = try String(contentsOfFile: sourceFile(paper), encoding: .utf8)
      #expect(text.count(of: "usermod -aG weixinpay-nginx www-data") == 1)
      #expect(text.count(of: "usermod -aG weixinpay ") == 0)
      #expect(text.count(of: "'d /run/weixinpay 2750 weixinpay weixinpay-nginx'") == 1)
      #expect(text.count(of: "install -m 0640 -g weixinpay app.secret api.key") == 1)
    }
    let unit = try String(
      contentsOfFile: sourceFile("nginx/weixinpay.socket"), encoding: .utf8)
    #expect(unit.contains("\nSocketUser=weixinpay\nSocketGroup=weixinpay-nginx\nSocketMode=0660\n"))
  }
}

extension String {
  fileprivate func count(of text: String) -> Int { components(separatedBy: text).count - 1 }
}
