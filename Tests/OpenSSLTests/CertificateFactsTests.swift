import Foundation
import OpenSSL
import TestSupport
import Testing

@Suite struct CertificateFactsTests {
  @Test func `a certificate tells its end, subject and serial number`() throws {
    try withFolder { folder in
      let authority = try CertificateAuthority(in: folder)
      let identity = try authority.client("1230000109", days: 10)
      let facts = try CertificateFacts(pem: identity.certificate)
      #expect(facts.subject == "CN=1230000109")
      let days = (Double(facts.notAfter) - Date.now.timeIntervalSince1970) / 86_400
      #expect((9.9...10.1).contains(days))
      let serial = try #require(UInt32(facts.serial, radix: 16))
      #expect(serial > 0)
      #expect(facts.serial == facts.serial.uppercased())
    }
  }

  @Test func `only the own private key matches`() throws {
    try withFolder { folder in
      let authority = try CertificateAuthority(in: folder)
      let identity = try authority.client("1230000109")
      let other = try authority.client("1230000109")
      let facts = try CertificateFacts(pem: identity.certificate)
      #expect(try facts.matches(privateKeyPEM: identity.privateKey))
      #expect(try !facts.matches(privateKeyPEM: other.privateKey))
    }
  }

  @Test func `what is no certificate or key is refused`() throws {
    try withFolder { folder in
      let identity = try CertificateAuthority(in: folder).client("1230000109")
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
  }

  @Test func `a key with a password is refused, not asked for`() throws {
    try withFolder { folder in
      let identity = try CertificateAuthority(in: folder).client("1230000109")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
      process.arguments = [
        "pkcs8", "-topk8", "-v2", "aes256", "-passout", "pass:secret",
        "-in", identity.privateKeyFile, "-out", folder + "/protected.pem",
      ]
      try process.run()
      process.waitUntilExit()
      let protected = try Data(contentsOf: URL(fileURLWithPath: folder + "/protected.pem"))
      let facts = try CertificateFacts(pem: identity.certificate)
      #expect(throws: OpenSSLError.malformedPrivateKey) {
        try facts.matches(privateKeyPEM: Array(protected))
      }
    }
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("weixinpay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }
}
