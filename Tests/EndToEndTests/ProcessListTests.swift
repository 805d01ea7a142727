import Foundation
import TestSupport
import Testing

/// What every user of the machine sees of the running programs (`ps`, /proc/PID/cmdline).
@Suite struct ProcessListTests {
  @Test func `no secret stands in the process list`() throws {
    let site = try Site(.init(isSupervised: true))
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    let lines = try site.commandLines()
    for program in ["wechat-simulator", "weixinpay", "nginx"] {
      #expect(lines.contains { $0.contains(program) }, "\(program): \(lines)")
    }
    let files = ["app.secret", "api.key", "db.password"]
    let secrets =
      try files.map { try String(contentsOfFile: site.folder.file($0), encoding: .utf8) }
      + [site.cashier, site.reviewer, buyer.token]
    for line in lines {
      for secret in secrets { #expect(!line.contains(secret), "\(line)") }
    }
  }
}

extension Site {
  /// The command lines of the programs that serve this site, arguments parted by blanks.
  fileprivate func commandLines() throws -> [String] {
    let workers = try workers()
    let nginxFolder = (nginx.errorLog as NSString).deletingLastPathComponent
    return try FileManager.default.contentsOfDirectory(atPath: "/proc")
      .compactMap { pid_t($0) }
      .compactMap { pid -> String? in
        // A process may have ended meanwhile.
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else {
          return nil
        }
        let line = String(decoding: bytes.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
        let isOurs =
          workers.contains(pid) || line.contains(folder.path) || line.contains(nginxFolder)
        return isOurs ? line : nil
      }
  }
}
