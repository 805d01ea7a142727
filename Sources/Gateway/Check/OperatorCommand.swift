/// Commands of this program as an operator pastes them: with the file that was read, and the user.
package enum OperatorCommand {
  /// Creates or updates tables, accounts and rights.
  package static func migrate(_ file: String) -> String {
    "weixinpay migrate --config \(file.forShell)"
  }

  /// What the service's user is to do.
  ///
  /// - Parameter command: such as `check`.
  package static func asService(_ command: String, _ file: String) -> String {
    "runuser -u weixinpay -- weixinpay \(command) --config \(file.forShell)"
  }
}

extension String {
  /// As one word of a shell.
  fileprivate var forShell: String {
    let isPlain = utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "/._-+,:@%=".utf8.contains(byte)
    }
    return isPlain && !isEmpty ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}
