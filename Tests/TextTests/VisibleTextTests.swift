import Testing

@testable import Text

@Suite struct VisibleTextTests {
  private static let hidden: [String] = [
    "\u{0}", "\u{1B}[31m", "\n", "\t", "\u{7F}", "\u{85}", "\u{9B}2J", "\u{9D}", "\u{AD}",
    "\u{200B}",
    "\u{200D}", "\u{200F}", "\u{202E}", "\u{2028}", "\u{2029}", "\u{2066}", "\u{FEFF}", "\u{3164}",
    "\u{115F}", "\u{34F}", "\u{378}", "\u{E0041}", "\u{E0001}", "\u{FFFFF}\u{10FFFF}\u{FFFF}",
  ]

  @Test(arguments: hidden)
  func `what cannot be seen is refused and escaped`(text: String) {
    #expect(!"请退\(text)9.9".isVisible)
    let escaped = "a\(text)b".forTerminal
    #expect(escaped.isVisible)
    #expect(escaped.hasPrefix("a\\"))
  }

  @Test(arguments: [
    "请退款：不合适（太小）", "too small; 50% off, \"really\"", "ü\u{301}", "　全角空格 ok", "🤷‍♀️", "👨‍👩‍👧",
    "✈️", "葛\u{E0100}城", "\u{F8FF}", "価格→¥9.90",
  ])
  func `what people write is readable and stays as it is`(text: String) {
    #expect(text.isReadable)
    if !text.unicodeScalars.contains("\u{200D}") { #expect(text.forTerminal == text) }
  }

  @Test(arguments: ["", " ", "\u{A0}\u{3000}", "\u{2800}", "\u{FE0F}", "\u{301}"])
  func `what looks empty is not readable`(text: String) {
    #expect(!text.isReadable)
  }

  @Test func `escapes are those of JSON`() {
    #expect("tea\u{9B}2J\u{202E}\u{E0041}\n".forTerminal == "tea\\u009b2J\\u202e\\udb40\\udc41\\n")
  }
}
