import Glibc

/// A call to the operating system that failed.
public struct LinuxError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call, and what it was made for: `pthread_create (worker api-3)`.
  public let operation: String
  /// The error number (`errno`).
  public let code: Int32

  public init(operation: String, code: Int32) {
    self.operation = operation
    self.code = code
  }

  /// The call and the system's sentence for the error, in English.
  public var description: String { "\(operation): \(systemMessage(for: code))" }
}

/// The system's sentence for an error number (`errno`): `Permission denied`.
///
/// Source: `strerror_r(3)`.
public func systemMessage(for code: Int32) -> String {
  unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
    guard let text = buffer.baseAddress, unsafe strerror_r(code, text, buffer.count) == 0 else {
      return "error \(code)"
    }
    return unsafe String(cString: text)
  }
}
