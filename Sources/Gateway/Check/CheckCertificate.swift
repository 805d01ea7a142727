import Linux
import OpenSSL
import Payments

extension CertificateFiles {
  /// Whether certificate and key belong together, to this merchant, and for how long.
  func check() -> [Finding] {
    let subject = "merchants.\(merchant).certificate_file"
    let download = "download the certificate again from pay.weixin.qq.com, 账户中心, API安全"
    do {
      let facts = try CertificateFacts(pem: Array(try certificate.text().utf8))
      guard try facts.matches(privateKeyPEM: Array(try privateKey.text().utf8)) else {
        return [
          .fail(subject, "the private key belongs to another certificate", "name the right files")
        ]
      }
      let days = (facts.notAfter - microsecondsSince1970() / 1_000_000) / 86_400
      let names = facts.subject.split(separator: ",")
      // Buyers can pay all the same: no reason not to start.
      if days < 0 {
        return [.warn(subject, "it has expired: every refund waits for another one", download)]
      }
      if !names.contains("CN=\(merchantID)") {
        return [
          .warn(
            subject, "it is made out to \(facts.subject), not to mch_id \(merchantID)",
            "name this merchant's certificate")
        ]
      }
      if days <= 30 { return [.warn(subject, "it expires in \(days) days", download)] }
      return [.ok(subject, "serial \(facts.serial), \(days) days left, the key belongs to it")]
    } catch let mismatch as Mismatch {
      return [
        .fail(subject, "expected \(mismatch.expected), got \(mismatch.got)", mismatch.remedy)
      ]
    } catch {
      return [.fail(subject, "certificate or key cannot be read: \(error)", download)]
    }
  }
}
