import CCurl
import COpenSSL

/// Certificate authorities in memory. Wraps `X509_STORE *`.
///
/// Unchecked: OpenSSL guards a store by its own lock, and after `init` nobody here changes it.
@safe final class TrustStore: @unchecked Sendable {
  private let store: OpaquePointer

  /// - Parameters:
  ///   - file: certificates in PEM; nil: none.
  ///   - folder: one file for each authority, named by hash and looked up when needed; nil: none.
  /// - Throws: when the file cannot be read or holds no certificate.
  init(file: String?, folder: String?) throws(CurlError) {
    // What the library notes of a failure would be taken for that of a later call.
    defer { ERR_clear_error() }
    guard let store = unsafe X509_STORE_new() else {
      throw CurlError(CURLE_OUT_OF_MEMORY, .provenUnsent, "OpenSSL is out of memory.")
    }
    unsafe self.store = store
    // As libcurl does for its own: a shorter way to a trusted certificate is a way.
    unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN))
    if let file, unsafe X509_STORE_load_file(store, file) != 1 {
      throw CurlError(
        CURLE_SSL_CACERT_BADFILE, .provenUnsent,
        "cannot read certificates of authorities from \(file)")
    }
    if let folder, unsafe X509_STORE_load_path(store, folder) != 1 {
      throw CurlError(
        CURLE_SSL_CACERT_BADFILE, .provenUnsent, "cannot look up authorities in \(folder)")
    }
  }

  deinit { unsafe X509_STORE_free(store) }

  /// Has a new connection trust these authorities and no others.
  fileprivate func attach(to context: OpaquePointer) {
    unsafe SSL_CTX_set1_cert_store(context, store)
  }
}

/// `CURLOPT_SSL_CTX_FUNCTION`, with a `TrustStore` as its data.
let trustStore: curl_ssl_ctx_callback = { _, context, store in
  guard let context = unsafe context, let store = unsafe store else { return CURLE_FAILED_INIT }
  let trusted = unsafe Unmanaged<TrustStore>.fromOpaque(store).takeUnretainedValue()
  unsafe trusted.attach(to: OpaquePointer(context))
  return CURLE_OK
}
