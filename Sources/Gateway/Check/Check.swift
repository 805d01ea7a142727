import Payments
public import Server
import WeChatPay

/// Everything that `serve` does short of listening, and a look at its surroundings.
public struct Check: Sendable {
  /// In the order in which they were looked at.
  public let findings: [Finding]

  /// Whether `serve` would start with this file, and do all that it says.
  public var isPassed: Bool { !findings.contains { $0.level == .fail } }

  /// Reads the file and tries what it names.
  public static func run(file: String) -> Check {
    do {
      let settings = try Settings.read(file: file)
      let merchants = settings.merchants.map(\.name.text).joined(separator: ", ")
      return Check(
        findings: [.ok("configuration", "complete, with the merchants \(merchants)")]
          + checkUser(file) + checkClock() + checkSockets(settings.listen)
          + settings.certificates.flatMap { $0.check() } + checkDatabase(settings)
          + checkShop(settings) + checkWeChat(settings.wechat))
    } catch {
      return Check(
        findings: error.faults.map { fault in
          .fail(fault.place, "expected \(fault.expected), got \(fault.got)", fault.remedy)
        } + checkUser(file))
    }
  }

  /// `{"ok":false,"findings":[{"level":"fail","subject":"…","sentence":"…","remedy":"…"}]}`; names
  /// are only ever added.
  public var json: JSON {
    let findings = findings.map { finding -> JSON in
      [
        "level": .string(finding.level.rawValue.lowercased()), "subject": .string(finding.subject),
        "sentence": .string(finding.sentence), "remedy": JSON(finding.remedy),
      ]
    }
    return ["ok": .bool(isPassed), "findings": .array(findings)]
  }
}
