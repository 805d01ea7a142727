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
    switch Settings.examine(file: file) {
    case .complete(let settings):
      let merchants = settings.merchants.map(\.name.text).joined(separator: ", ")
      let doubts = settings.doubts.map { Finding($0.fault, $0.isSerious ? .fail : .warn) }
      return Check(
        findings: [.ok("configuration", "complete, with the merchants \(merchants)")] + doubts
          + checkUser(file) + checkClock() + checkAccess(settings, file: file)
          + checkSockets(settings.listen, file: file) + checkService(settings)
          + checkCertificates(settings) + checkDatabase(settings.database, settings, file: file)
          + checkShop(settings) + checkShopAddresses(settings)
          + checkWeChat(settings.wechat, settings.merchants))
    case .faulty(let faults, let sound):
      return Check(
        findings: faults.map { Finding($0, .fail) } + checkUser(file) + checkClock()
          + check(sound, file: file))
    }
  }

  /// What can be looked at although the file has faults, so that one round finds as much as it can.
  private static func check(_ sound: SoundSettings, file: String) -> [Finding] {
    var findings: [Finding] = []
    var skipped: [String] = []
    if let listen = sound.listen {
      findings += checkSockets(listen, file: file)
    } else {
      skipped.append("listen")
    }
    findings += sound.certificates.flatMap { $0.check() }
    if let database = sound.database {
      findings += checkDatabase(database, nil, file: file)
    } else {
      skipped.append("database")
    }
    if let wechat = sound.wechat {
      findings += checkWeChat(wechat, sound.merchants)
      skipped += sound.faultyMerchants.map { "merchants.\($0) at WeChat" }
    } else {
      skipped.append("WeChat")
    }
    skipped.append("who can read the secrets, the notify addresses and the shop's")
    return findings + [
      .warn(
        "configuration", "not checked because of its faults: \(skipped.joined(separator: ", "))",
        "mend them and run check again")
    ]
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
