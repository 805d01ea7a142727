import CCurl

/// Collects what the server sends, up to a limit.
///
/// A class, as libcurl keeps its address during the transfer.
final class Answer {
  /// The most that is taken of headers, and of a body. WeChat's answers stay below 10 KiB; bills
  /// are not fetched this way.
  static let limit = 65_536

  private(set) var body: [UInt8] = []
  /// The server's clock, as its header `Date` says, in seconds since 1970 UTC.
  private(set) var date: Int64?
  private var headerBytes = 0

  /// False when it is more than the limit.
  fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= Self.limit - body.count else { return false }
    unsafe body.append(contentsOf: bytes)
    return true
  }

  /// Headers are only counted, but for the date: without a limit libcurl keeps them in memory as long
  /// as they come. A call is one whole line.
  fileprivate func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= Self.limit - headerBytes else { return false }
    headerBytes += bytes.count
    let name = "date:"
    guard bytes.count < 64,
      unsafe String(decoding: bytes.prefix(5), as: UTF8.self).lowercased() == name
    else { return true }
    let value = unsafe String(decoding: bytes.dropFirst(name.utf8.count), as: UTF8.self)
    let seconds = unsafe curl_getdate(value, nil)
    date = seconds >= 0 ? Int64(seconds) : nil
    return true
  }
}

/// `CURLOPT_WRITEFUNCTION`. Returning less than was offered ends the transfer.
let takeBody: curl_write_callback = { bytes, size, count, answer in
  guard let answer = unsafe answer, let bytes = unsafe bytes else { return 0 }
  let answerObject = unsafe Unmanaged<Answer>.fromOpaque(answer).takeUnretainedValue()
  let offered = size * count
  let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: offered)
  return unsafe answerObject.take(buffer) ? offered : 0
}

/// `CURLOPT_HEADERFUNCTION`.
let takeHeader: curl_write_callback = { bytes, size, count, answer in
  guard let answer = unsafe answer, let bytes = unsafe bytes else { return 0 }
  let answerObject = unsafe Unmanaged<Answer>.fromOpaque(answer).takeUnretainedValue()
  let offered = size * count
  let line = unsafe UnsafeRawBufferPointer(start: bytes, count: offered)
  return unsafe answerObject.takeHeader(line) ? offered : 0
}
