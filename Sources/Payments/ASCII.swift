extension UInt8 {
  /// `0-9`.
  package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  /// `0-9 A-Z a-z`.
  package var isAlphanumeric: Bool {
    isDigit || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
  }

  /// Visible ASCII, the space not included.
  package var isGraphic: Bool { (0x21...0x7E).contains(self) }
}
