import Foundation
import OpenSSL
import TestSupport
import Testing

@Suite struct CertificateFactsTests {
  @Test func `a certificate has a first and a last second`() throws {
    let folder = try TemporaryFolder()
    let identity = try CertificateAuthority(in: folder.path).client("1230000109", days: 2)
    let facts = try CertificateFacts(pem: identity.certificate)
    #expect(facts.notAfter - facts.notBefore == 2 * 86_400)
  }

  @Test func `a signature that TLS does not take is told in OpenSSL's words`() throws {
    let folder = try TemporaryFolder()
    let authority = try CertificateAuthority(in: folder.path)
    let good = try CertificateFacts(pem: authority.client("1").certificate)
    let weak = try CertificateFacts(pem: authority.client("1", digest: "sha1").certificate)
    #expect(try good.refusalByTLS() == nil)
    #expect(try weak.refusalByTLS() == "ca md too weak")
  }

  @Test func `a certificate tells its end, subject and serial number`() throws {
    let folder = try TemporaryFolder()
    let authority = try CertificateAuthority(in: folder.path)
    let identity = try authority.client("1230000109", days: 10)
    let facts = try CertificateFacts(pem: identity.certificate)
    #expect(facts.subject == "CN=1230000109")
    let days = (Double(facts.notAfter) - Date.now.timeIntervalSince1970) / 86_400
    #expect((9.9...10.1).contains(days))
    let serial = try #require(UInt32(facts.serial, radix: 16))
    #expect(serial > 0)
    #expect(facts.serial == facts.serial.uppercased())
  }

  @Test func `only the own private key matches`() throws {
    let folder = try TemporaryFolder()
    let authority = try CertificateAuthority(in: folder.path)
    let identity = try authority.client("1230000109")
    let other = try authority.client("1230000109")
    let facts = try CertificateFacts(pem: identity.certificate)
    #expect(try facts.matches(privateKeyPEM: identity.privateKey))
    #expect(try !facts.matches(privateKeyPEM: other.privateKey))
  }

  @Test func `what is no certificate or key is refused`() throws {
    let folder = try TemporaryFolder()
    let identity = try CertificateAuthority(in: folder.path).client("1230000109")
    for pem in [
      [], Array("nonsense".utf8), identity.privateKey, identity.certificate.dropLast(99),
    ] {
      #expect(throws: OpenSSLError.malformedCertificate) {
        try CertificateFacts(pem: Array(pem))
      }
    }
    let facts = try CertificateFacts(pem: identity.certificate)
    for pem in [[], identity.certificate, identity.privateKey.dropLast(99)] {
      #expect(throws: OpenSSLError.malformedPrivateKey) {
        try facts.matches(privateKeyPEM: Array(pem))
      }
    }
  }

  @Test func `a key with a password is refused, not asked for`() throws {
    let folder = try TemporaryFolder()
    let identity = try CertificateAuthority(in: folder.path).client("1230000109")
    let file = folder.file("protected.pem")
    try ChildProcess.run(
      "openssl",
      [
        "pkcs8", "-topk8", "-v2", "aes256", "-passout", "pass:secret",
        "-in", identity.privateKeyFile, "-out", file,
      ])
    let protected = try Data(contentsOf: URL(fileURLWithPath: file))
    let facts = try CertificateFacts(pem: identity.certificate)
    #expect(throws: OpenSSLError.malformedPrivateKey) {
      try facts.matches(privateKeyPEM: Array(protected))
    }
  }
}
