import Configuration
import Payments
package import Server
import WeChatPay

/// Everything that `serve` does short of listening, and a look at its surroundings.
package struct Check: Sendable {
  /// In the order in which they were looked at.
  package let findings: [Finding]

  /// Whether `serve` would start with this file, and do all that it says.
  package var isPassed: Bool { !findings.contains { $0.level == .fail } }

  /// Reads the file and tries what it names.
  package static func run(file: String) -> Check {
    do {
      let settings = try Settings.read(file: file)
      let merchants = settings.merchants.map(\.name.text).joined(separator: ", ")
      let doubts = settings.doubts.map { Finding($0.fault, $0.isSerious ? .fail : .warn) }
      return Check(
        findings: [.ok("configuration", "complete, with the merchants \(merchants)")] + doubts
          + checkUser(file) + checkClock() + checkAccess(settings, file: file)
          + checkSockets(settings.listen, file: file) + checkService(settings)
          + checkCertificates(settings) + checkDatabase(settings, file: file)
          + checkShop(settings) + checkShopAddresses(settings) + checkWeChat(settings))
    } catch {
      return Check(findings: error.faults.map { Finding($0, .fail) } + checkUser(file))
    }
  }

  /// `{"ok":false,"findings":[{"level":"fail","subject":"…","sentence":"…","remedy":"…","file":"…",
  /// "line":3,"column":5}]}`; names are only ever added. The last three are null for what stands in
  /// no file.
  package var json: JSON {
    let findings = findings.map { finding -> JSON in
      [
        "level": .string(finding.level.rawValue.lowercased()), "subject": .string(finding.subject),
        "sentence": .string(finding.sentence), "remedy": JSON(finding.remedy),
        "file": JSON(finding.place?.file), "line": JSON(finding.place.map { Int64($0.line) }),
        "column": JSON(finding.place.map { Int64($0.column) }),
      ]
    }
    return ["ok": .bool(isPassed), "findings": .array(findings)]
  }
}
