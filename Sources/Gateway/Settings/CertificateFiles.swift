import Payments

/// A merchant's certificate and its private key (商户API证书), as files.
struct CertificateFiles: Sendable {
  let merchant: MerchantName
  let merchantID: MerchantID
  let certificate: SecretFile
  let privateKey: SecretFile
}
