import Configuration
import Linux
import OpenSSL
import Payments
import WeChatPay

extension Check {
  /// The certificates of all merchants; one without can take payments and give none back.
  static func checkCertificates(_ settings: Settings) -> [Finding] {
    let able = settings.certificates.map(\.merchant)
    let unable = settings.merchants.map(\.name).filter { !able.contains($0) }
    return settings.certificates.flatMap { $0.check() }
      + unable.map { .ok("refunds", "off for \($0): no certificate_file is given") }
  }
}

extension CertificateFiles {
  /// Whether certificate and key belong together, to this merchant, and for how long.
  ///
  /// - Parameter now: seconds since 1970.
  func check(at now: Int64 = microsecondsSince1970() / 1_000_000) -> [Finding] {
    do {
      let facts = try CertificateFacts(pem: Array(try certificate.text().utf8))
      guard try facts.matches(privateKeyPEM: Array(try privateKey.text().utf8)) else {
        return [
          .fail(subject, "the private key belongs to another certificate", "name the right files")
        ]
      }
      let days = facts.days(at: now)
      let praise = "serial \(facts.serial), \(days) days left, the key belongs to it"
      let findings = [checkOwner(facts), try checkUse(facts, at: now)].compactMap(\.self)
      return findings.isEmpty ? [.ok(subject, praise)] : findings
    } catch let mismatch as Mismatch {
      return [
        .fail(subject, "expected \(mismatch.expected), got \(mismatch.got)", mismatch.remedy)
      ]
    } catch {
      return [.fail(subject, "certificate or key cannot be read: \(error)", download)]
    }
  }

  /// Whether it is another merchant's.
  private func checkOwner(_ facts: CertificateFacts) -> Finding? {
    guard !facts.subject.split(separator: ",").contains("CN=\(merchantID)") else { return nil }
    return .warn(
      subject, "it is made out to \(facts.subject), not to mch_id \(merchantID)",
      "name this merchant's certificate")
  }

  /// What keeps WeChat, or TLS on this machine, from taking it now or soon. Buyers can pay all the
  /// same: no reason not to start.
  private func checkUse(
    _ facts: CertificateFacts, at now: Int64
  ) throws(OpenSSLError) -> Finding? {
    let (begin, end) = (facts.notBefore.inBeijing, facts.notAfter.inBeijing)
    if facts.notAfter < now {
      return .warn(
        subject, "it has expired, at \(end): every refund waits for another one", download)
    }
    if facts.notBefore > now {
      return .warn(
        subject, "it is valid from \(begin) on: until then every refund waits",
        "compare this machine's clock; if that is right, \(download)")
    }
    if let reason = try facts.refusalByTLS() {
      return .warn(
        subject, "OpenSSL of this machine does not take it (\(reason)): every refund waits",
        download)
    }
    let days = facts.days(at: now)
    guard days <= 30 else { return nil }
    return .warn(subject, "it expires in \(days) days, at \(end)", download)
  }

  private var subject: String { "merchants.\(merchant).certificate_file" }

  private var download: String {
    "download the certificate again from pay.weixin.qq.com, 账户中心, API安全"
  }
}

extension CertificateFacts {
  /// Whole days until its end.
  fileprivate func days(at now: Int64) -> Int64 { (notAfter - now) / 86_400 }
}

extension Int64 {
  /// Seconds since 1970 as a moment in Beijing.
  fileprivate var inBeijing: String { BeijingTime(microseconds: self * 1_000_000).rfc3339 }
}
