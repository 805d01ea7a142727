import COpenSSL

/// What a certificate says, for checks before it is used. It is not verified.
public struct CertificateFacts: Sendable {
  /// The last second at which it is valid, in seconds since 1970 UTC.
  public let notAfter: Int64
  /// The subject's name, the most specific part first, as `CN=1230000109,O=…` (RFC 2253).
  public let subject: String
  /// The serial number in upper-case hexadecimal, as WeChat shows it (证书序列号).
  public let serial: String

  private let pem: [UInt8]

  /// Reads the first certificate of a PEM file.
  ///
  /// - Throws: `OpenSSLError.malformedCertificate`.
  public init(pem: [UInt8]) throws(OpenSSLError) {
    let certificate = try Certificate(pem: pem)
    guard let notAfter = certificate.notAfter else { throw .malformedCertificate }
    self.notAfter = notAfter
    subject = certificate.subject
    serial = hexadecimal(certificate.serial, uppercase: true)
    self.pem = pem
  }

  /// Whether this private key (PEM, without a password) belongs to the certificate.
  ///
  /// - Throws: `OpenSSLError.malformedPrivateKey`.
  public func matches(privateKeyPEM: [UInt8]) throws(OpenSSLError) -> Bool {
    try Certificate(pem: pem).matches(PrivateKey(pem: privateKeyPEM))
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

  var notAfter: Int64? {
    let epoch = unsafe ASN1_TIME_set(nil, 0)
    defer { unsafe ASN1_STRING_free(epoch) }
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard unsafe ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(handle)) == 1 else {
      return nil
    }
    return Int64(days) * 86_400 + Int64(seconds)
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
