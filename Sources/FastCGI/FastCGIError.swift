import Linux

/// What stands in the way of listening, or of an answer.
package enum FastCGIError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Another process answers at the path; it is not pushed aside.
  case socketInUse(path: String)
  /// Something other than a socket stands at the path; it is not removed.
  case notASocket(path: String)
  /// A socket's path has at most 107 bytes on Linux.
  case pathTooLong(path: String)
  /// A descriptor that was to be a listening Unix domain socket at a path is none.
  case notListening(descriptor: Int32)
  /// The system refused `operation` on the path with this error number.
  case system(operation: String, path: String, code: Int32)
  /// nginx closed the connection, or took too long, before it had the whole answer.
  case answerNotTaken

  package var description: String {
    switch self {
    case .socketInUse(let path):
      "\(path): another process listens there; stop it first or choose another path"
    case .notASocket(let path):
      "\(path): expected a socket or nothing, found something else; remove it or choose another path"
    case .pathTooLong(let path):
      "\(path): expected at most \(ListeningSocket.maximumPathBytes) bytes, found \(path.utf8.count)"
    case .notListening(let descriptor):
      "descriptor \(descriptor): expected a listening Unix domain stream socket, found something else"
    case .system(let operation, let path, let code):
      "\(path): \(operation): \(systemMessage(for: code))"
    case .answerNotTaken:
      "the peer left before it had the whole answer"
    }
  }
}
