import CCurl

/// Request headers for libcurl. Wraps `curl_slist *`.
@safe struct HeaderList: ~Copyable {
  private(set) var first: UnsafeMutablePointer<curl_slist>?

  init(_ lines: [String]) throws(CurlError) {
    for line in lines {
      guard let list = unsafe curl_slist_append(first, line) else {
        throw CurlError(CURLE_OUT_OF_MEMORY, .provenUnsent, "libcurl is out of memory.")
      }
      unsafe first = list
    }
  }

  deinit { unsafe curl_slist_free_all(first) }
}
