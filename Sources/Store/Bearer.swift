import OpenSSL

/// A bearer token: 256 random bits as 64 hexadecimal digits. Only its digest is stored, so that a
/// copy of the database opens no door.
struct Bearer {
  let text: String

  static func random() -> Bearer { Bearer(text: hexadecimal(randomBytes(32))) }

  var digest: [UInt8] { sha256(Array(text.utf8)) }
}
