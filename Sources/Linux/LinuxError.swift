import Glibc

/// A call to the operating system that failed.
package struct LinuxError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call, and what it was made for: `pthread_create (worker api-3)`.
  package let operation: String
  /// The error number (`errno`).
  package let code: Int32

  package init(operation: String, code: Int32) {
    self.operation = operation
    self.code = code
  }

  /// The call and the system's sentence for the error, in English.
  package var description: String { "\(operation): \(systemMessage(for: code))" }
}

/// The system's sentence for an error number (`errno`): `Permission denied`.
///
/// Source: `strerror_r(3)`.
package func systemMessage(for code: Int32) -> String {
  unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
    guard let text = buffer.baseAddress, unsafe strerror_r(code, text, buffer.count) == 0 else {
      return "error \(code)"
    }
    return unsafe String(cString: text)
  }
}
