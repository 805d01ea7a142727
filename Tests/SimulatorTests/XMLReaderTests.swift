import Testing

@testable import Simulator

@Suite struct XMLReaderTests {
  private func read(_ text: String) throws(XMLRefusal) -> [Field] {
    try XMLReader.read(Array(text.utf8)).fields
  }

  @Test(
    arguments: [
      ("<xml><a>1</a></xml>", "1"),
      ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml>\n <a>1</a>\n</xml>\n", "1"),
      ("<xml><a><![CDATA[x<y>&amp;]]></a></xml>", "x<y>&amp;"),
      ("<xml><a> x&lt;&#x4e2d;&#20013;<![CDATA[ & ]]>&quot;</a></xml>", " x<中中 & \""),
      ("<xml><a></a></xml>", ""),
      ("<xml><a/></xml>", ""),
      ("<xml><a>1\r\n2\r3</a></xml>", "1\n2\n3"),
      ("<xml><a><![CDATA[]]]]><![CDATA[>]]></a></xml>", "]]>"),
    ])
  func `a value is the text that was meant`(document: String, value: String) throws {
    #expect(try read(document) == [Field("a", value)])
  }

  @Test(
    arguments: [
      ("", XMLRefusal.malformed),
      ("hello", .malformed),
      ("<xml>", .malformed),
      ("<xml><a>1</xml>", .malformed),
      ("<xml><a>1</b></xml>", .malformed),
      ("<xml><a><b>1</b></a></xml>", .malformed),
      ("<xml><a x=\"1\">1</a></xml>", .malformed),
      ("<xml><!-- c --><a>1</a></xml>", .malformed),
      ("<xml>text<a>1</a></xml>", .malformed),
      ("<xml><a>1</a></xml><xml></xml>", .malformed),
      ("<root><a>1</a></root>", .malformed),
      ("<xml><a>&unknown;</a></xml>", .malformed),
      ("<xml><a>&#+65;</a></xml>", .malformed),
      ("<xml><a>]]></a></xml>", .malformed),
      ("<xml><a><![CDATA[1</a></xml>", .malformed),
      ("<xml><1>1</1></xml>", .malformed),
      ("\u{FEFF}<xml><a>1</a></xml>", .malformed),
      ("<xml><a>1</a><a>2</a></xml>", .duplicateField),
      ("<!DOCTYPE x [<!ENTITY a \"1\">]><xml><a>&a;</a></xml>", .documentType),
      ("<?xml version=\"1.0\"?>\n<!DOCTYPE foo SYSTEM \"http://x/\"><xml></xml>", .documentType),
      ("<xml><a>😀</a></xml>", .unsupportedCharacter),
      ("<xml><a>&#x1F600;</a></xml>", .unsupportedCharacter),
      ("<xml><a>\u{10}</a></xml>", .unsupportedCharacter),
      ("<xml><a>&#0;</a></xml>", .unsupportedCharacter),
    ])
  func `everything else is refused`(document: String, refusal: XMLRefusal) {
    #expect(throws: refusal) { try read(document) }
  }

  @Test func `bytes that are not UTF-8 are refused`() {
    let document = Array("<xml><a>".utf8) + [0xC4, 0xE3] + Array("</a></xml>".utf8)
    #expect(throws: XMLRefusal.notUTF8) { try XMLReader.read(document) }
  }

  @Test func `what is written is read back`() throws {
    let message = Message([
      Field("a", "]]>"), Field("b", " <中> & ]]]]>"), Field("total_fee", "1"), Field("empty", ""),
    ])
    #expect(try XMLReader.read(Array(message.document.utf8)) == message)
  }
}
