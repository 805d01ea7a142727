import COpenSSL

/// What a certificate says, for checks before it is used. It is not verified.
package struct CertificateFacts: Sendable {
  /// The first second at which it is valid, in seconds since 1970 UTC.
  package let notBefore: Int64
  /// The last second at which it is valid, in seconds since 1970 UTC.
  package let notAfter: Int64
  /// The subject's name, the most specific part first, as `CN=1230000109,O=…` (RFC 2253).
  package let subject: String
  /// The serial number in upper-case hexadecimal, as WeChat shows it (证书序列号).
  package let serial: String

  private let pem: [UInt8]

  /// Reads the first certificate of a PEM file.
  ///
  /// - Throws: `OpenSSLError.malformedCertificate`.
  package init(pem: [UInt8]) throws(OpenSSLError) {
    let certificate = try Certificate(pem: pem)
    guard let notBefore = certificate.notBefore, let notAfter = certificate.notAfter else {
      throw .malformedCertificate
    }
    self.notBefore = notBefore
    self.notAfter = notAfter
    subject = certificate.subject
    serial = hexadecimal(certificate.serial, uppercase: true)
    self.pem = pem
  }

  /// Whether this private key (PEM, without a password) belongs to the certificate.
  ///
  /// - Throws: `OpenSSLError.malformedPrivateKey`.
  package func matches(privateKeyPEM: [UInt8]) throws(OpenSSLError) -> Bool {
    try Certificate(pem: pem).matches(PrivateKey(pem: privateKeyPEM))
  }

  /// Why TLS on this machine would not show the certificate: `ca md too weak`, `ee key too small`;
  /// nil when it would.
  ///
  /// The system's security level decides (`SSL_CTX_set_security_level`, openssl.cnf), for us as for
  /// libcurl.
  package func refusalByTLS() throws(OpenSSLError) -> String? {
    try Certificate(pem: pem).refusalByTLS
  }
}

/// Wraps `X509 *`.
@safe private struct Certificate: ~Copyable {
  private let handle: OpaquePointer

  init(pem: [UInt8]) throws(OpenSSLError) {
    defer { ERR_clear_error() }
    let source = Memory(pem)
    guard let handle = unsafe PEM_read_bio_X509(source.handle, nil, noPassword, nil) else {
      throw .malformedCertificate
    }
    unsafe self.handle = handle
  }

  deinit { unsafe X509_free(handle) }

  var notBefore: Int64? { unsafe seconds(X509_get0_notBefore(handle)) }
  var notAfter: Int64? { unsafe seconds(X509_get0_notAfter(handle)) }

  private func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
    let epoch = unsafe ASN1_TIME_set(nil, 0)
    defer { unsafe ASN1_STRING_free(epoch) }
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard unsafe ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
    return Int64(days) * 86_400 + Int64(seconds)
  }

  var refusalByTLS: String? {
    defer { ERR_clear_error() }
    guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { return nil }
    defer { unsafe SSL_CTX_free(context) }
    guard unsafe SSL_CTX_use_certificate(context, handle) != 1 else { return nil }
    guard let reason = unsafe ERR_reason_error_string(ERR_peek_last_error()) else {
      return "it is refused"
    }
    return unsafe String(cString: reason)
  }

  var subject: String {
    let target = Memory([])
    unsafe X509_NAME_print_ex(
      target.handle, X509_get_subject_name(handle), 0, SHIM_NAME_FORMAT)
    return String(decoding: target.content, as: UTF8.self)
  }

  var serial: [UInt8] {
    guard let number = unsafe X509_get0_serialNumber(handle),
      let first = unsafe ASN1_STRING_get0_data(number)
    else { return [] }
    return unsafe Array(
      UnsafeBufferPointer(start: first, count: Int(ASN1_STRING_length(number))))
  }

  func matches(_ key: borrowing PrivateKey) -> Bool {
    defer { ERR_clear_error() }
    return unsafe X509_check_private_key(handle, key.handle) == 1
  }
}

/// Wraps `EVP_PKEY *`.
@safe private struct PrivateKey: ~Copyable {
  let handle: OpaquePointer

  init(pem: [UInt8]) throws(OpenSSLError) {
    defer { ERR_clear_error() }
    let source = Memory(pem)
    guard let handle = unsafe PEM_read_bio_PrivateKey(source.handle, nil, noPassword, nil) else {
      throw .malformedPrivateKey
    }
    unsafe self.handle = handle
  }

  deinit { unsafe EVP_PKEY_free(handle) }
}

/// OpenSSL's own way would ask for the password of a protected key on the terminal.
private func noPassword(
  _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 { -1 }

/// Bytes that OpenSSL reads from or writes to. Wraps a memory `BIO *`.
@safe private struct Memory: ~Copyable {
  let handle: OpaquePointer

  init(_ bytes: [UInt8]) {
    guard let handle = unsafe BIO_new(BIO_s_mem()) else { fatalError("OpenSSL has no memory.") }
    unsafe self.handle = handle
    _ = unsafe BIO_write(handle, bytes, Int32(clamping: bytes.count))
  }

  deinit { unsafe BIO_free(handle) }

  var content: [UInt8] {
    var content = unsafe [UInt8](repeating: 0, count: BIO_ctrl_pending(handle))
    let count = unsafe BIO_read(handle, &content, Int32(clamping: content.count))
    return Array(content.prefix(Int(max(0, count))))
  }
}
