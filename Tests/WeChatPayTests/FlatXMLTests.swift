import Testing
import WeChatPay

@Suite struct FlatXMLTests {
  private func read(_ text: String) throws(XMLRefusal) -> Fields {
    try FlatXML.read(Array(text.utf8))
  }

  @Test(arguments: Vectors.file.unverifiableXmlSamples)
  func `samples of the manual are read`(sample: Vectors.Sample) throws {
    let root = sample.xml.hasPrefix("<root>") ? "root" : "xml"
    let fields = try FlatXML.read(Array(sample.xml.utf8), root: root)
    #expect(fields.count > 10)
    #expect(fields["total_fee"] == (root == "xml" ? "1" : "3960"))
  }

  @Test(arguments: [
    ("B01", XMLRefusal.documentType), ("B02", .documentType), ("B03", .otherRoot),
    ("B05", .forbiddenCharacter), ("B06", .otherRoot),
  ])
  func `published attacks and error pages are refused`(id: String, refusal: XMLRefusal) throws {
    let sample = try #require(Vectors.file.mustRefuseOrSpecial.first { $0.id == id })
    #expect(throws: refusal) { try read(sample.xml) }
  }

  @Test func `all published attacks are named above, but for the unsigned failure`() {
    #expect(
      Vectors.file.mustRefuseOrSpecial.map(\.id) == ["B01", "B02", "B03", "B04", "B05", "B06"])
  }

  @Test func `B04, a failure without signature, is read`() throws {
    let sample = try #require(Vectors.file.mustRefuseOrSpecial.first { $0.id == "B04" })
    #expect(try read(sample.xml) == ["return_code": "FAIL", "return_msg": "签名错误"])
  }

  @Test(arguments: [
    ("<xml></xml>", ""), ("<xml/>", ""), (" \r\n<xml>\n</xml>\n", ""),
    ("<xml><a>1</a></xml>", "1"), ("<xml ><a >1</a ></xml >", "1"), ("<xml><a/></xml>", ""),
    ("<xml><a></a></xml>", ""), ("<xml><a><![CDATA[]]></a></xml>", ""),
    ("<xml><a> 1 </a></xml>", " 1 "), ("<xml><a><![CDATA[<b>&amp;]]></a></xml>", "<b>&amp;"),
    ("<xml><a>x<![CDATA[y]]>z<![CDATA[]]>!</a></xml>", "xyz!"),
    ("<xml><a><![CDATA[a]]]]><![CDATA[>b]]></a></xml>", "a]]>b"),
    ("<xml><a>&lt;&gt;&amp;&quot;&apos;</a></xml>", "<>&\"'"),
    ("<xml><a>&#20013;&#x4e2D;&#0065;</a></xml>", "中中A"), ("<xml><a>&#x1F600;</a></xml>", "😀"),
    ("<xml><a>001</a></xml>", "001"), ("<xml><a>]]</a></xml>", "]]"), ("<xml><a>></a></xml>", ">"),
    ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml><a>1</a></xml>", "1"),
    ("<?xml version='1.0'?><xml><a>1</a></xml>", "1"),
  ])
  func `a value is the text after decoding, untrimmed`(xml: String, value: String) throws {
    #expect(try read(xml)["a"] ?? "" == value)
  }

  @Test func `line ends become LF as XML demands, also in CDATA, but not as references`() throws {
    #expect(
      try read("<xml><a>1\r\n2\r3\n4</a><b><![CDATA[1\r\n\r2]]></b><c>&#13;&#10;</c></xml>")
        == ["a": "1\n2\n3\n4", "b": "1\n\n2", "c": "\r\n"])
  }

  @Test(arguments: [
    ("", XMLRefusal.notWellFormed), ("   ", .notWellFormed), ("x", .notWellFormed),
    ("{\"a\":1}", .notWellFormed), ("<xml>", .notWellFormed), ("<xml", .notWellFormed),
    ("<xml><a>1</xml>", .notWellFormed), ("<xml><a>1</b></xml>", .notWellFormed),
    ("<xml><a>1</a>", .notWellFormed), ("<xml><a>1", .notWellFormed),
    ("<xml><a><![CDATA[1</a></xml>", .notWellFormed),
    ("<xml><a><![CDATA[1]]</a></xml>", .notWellFormed),
    ("<xml><a>]]></a></xml>", .notWellFormed), ("<XML></XML>", .otherRoot),
    ("<xml></xml><xml></xml>", .trailingBytes), ("<xml></xml>x", .trailingBytes),
    ("<xml></xml><!-- -->", .trailingBytes), ("<xml></xml>\u{0}", .forbiddenCharacter),
    ("\u{FEFF}<xml></xml>", .notWellFormed), ("<xml a=\"1\"></xml>", .attribute),
    ("<xml xmlns=\"urn:x\"></xml>", .attribute), ("<xml><a b='1'>1</a></xml>", .attribute),
    ("<xml><!-- x --><a>1</a></xml>", .comment), ("<xml><a>1<!-- x -->2</a></xml>", .comment),
    ("<!-- x --><xml></xml>", .comment), ("<xml><?php x?></xml>", .processingInstruction),
    ("<xml><a><?x?></a></xml>", .processingInstruction),
    ("<?xml-stylesheet href=\"http://attacker.example/\"?><xml></xml>", .processingInstruction),
    ("<?xml version=\"1.1\"?><xml></xml>", .processingInstruction),
    ("<?xml version=\"1.0\" encoding=\"GBK\"?><xml></xml>", .processingInstruction),
    (" <?xml version=\"1.0\"?><xml></xml>", .processingInstruction),
    ("<!DOCTYPE xml><xml></xml>", .documentType),
    ("<xml><!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a></xml>", .documentType),
    ("<xml><!ENTITY b \"c\"></xml>", .documentType),
    ("<xml><!ATTLIST a b CDATA #IMPLIED></xml>", .name),
    ("<xml><a>&xxe;</a></xml>", .reference), ("<xml><a>&</a></xml>", .reference),
    ("<xml><a>&amp</a></xml>", .reference), ("<xml><a>&#;</a></xml>", .reference),
    ("<xml><a>&#x;</a></xml>", .reference), ("<xml><a>&#X41;</a></xml>", .reference),
    ("<xml><a>&#+1;</a></xml>", .reference), ("<xml><a>&#9a;</a></xml>", .reference),
    ("<xml><a>&#00000065;</a></xml>", .reference),
    ("<xml><a>&#99999999999999999999;</a></xml>", .reference),
    ("<xml><a>&#0;</a></xml>", .forbiddenCharacter),
    ("<xml><a>&#16;</a></xml>", .forbiddenCharacter),
    ("<xml><a>&#xD800;</a></xml>", .forbiddenCharacter),
    ("<xml><a>&#x110000;</a></xml>", .forbiddenCharacter),
    ("<xml><a>&#xFFFE;</a></xml>", .forbiddenCharacter),
    ("<xml><a>\u{FFFF}</a></xml>", .forbiddenCharacter),
    ("<xml><a>\u{1}</a></xml>", .forbiddenCharacter),
    ("<xml><a>\u{0}</a></xml>", .forbiddenCharacter),
    ("<xml><a><b>1</b></a></xml>", .nested), ("<xml><a>1<b/></a></xml>", .nested),
    ("<xml><xml><a>1</a></xml></xml>", .nested), ("<xml>1<a>1</a></xml>", .notWellFormed),
    ("<xml><a>1</a>,<b>2</b></xml>", .notWellFormed), ("<xml><![CDATA[1]]></xml>", .name),
    ("<xml><a>1</a><a>1</a></xml>", .duplicate("a")), ("<xml><a/><a>1</a></xml>", .duplicate("a")),
    ("<xml>< a>1</a></xml>", .name), ("<xml><>1</></xml>", .name), ("<xml><1a>1</1a></xml>", .name),
    ("<xml><a-b>1</a-b></xml>", .name), ("<xml><a:b>1</a:b></xml>", .name),
    ("<xml><金>1</金></xml>", .name), ("<xml><a\u{200B}>1</a\u{200B}></xml>", .name),
  ])
  func `anything but the dialect is refused`(xml: String, refusal: XMLRefusal) {
    #expect(throws: refusal) { try read(xml) }
  }

  @Test(
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0xAF],
      [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF], [0x80], [0xE4, 0xB8],
      [0xCA, 0xC7],
    ] as [[UInt8]])
  func `bytes that are not UTF-8 are refused and never repaired`(bytes: [UInt8]) {
    let xml = Array("<xml><a>".utf8) + bytes + Array("</a></xml>".utf8)
    #expect(throws: XMLRefusal.notUTF8) { try FlatXML.read(xml) }
  }

  @Test func `limits hold to the byte and to the field`() throws {
    func field(_ number: Int) -> String { "<f\(number)>1</f\(number)>" }
    let most = (1...200).map(field).joined()
    #expect(try read("<xml>\(most)</xml>").count == 200)
    #expect(throws: XMLRefusal.tooManyFields) { try read("<xml>\(most)\(field(201))</xml>") }

    let room = FlatXML.maximumBytes - "<xml><a></a></xml>".utf8.count
    let full = String(repeating: "x", count: room)
    #expect(try read("<xml><a>\(full)</a></xml>")["a"] == full)
    #expect(throws: XMLRefusal.tooLong) { try read("<xml><a>\(full)x</a></xml>") }

    let name = String(repeating: "n", count: 64)
    #expect(try read("<xml><\(name)>1</\(name)></xml>")[name] == "1")
    #expect(throws: XMLRefusal.name) { try read("<xml><\(name)n>1</\(name)n></xml>") }
  }

  /// Inputs on which a reader that looks twice at a byte takes long.
  @Test(arguments: ["<", "<![CDATA[", "]]>", "&#", "&amp;", "<a>", "]", "<xml>", "\r", "</"])
  func `the largest message of one kind of bytes is judged at once`(piece: String) {
    let count = (FlatXML.maximumBytes - 16) / piece.utf8.count
    let inside = String(repeating: piece, count: count)
    let clock = ContinuousClock()
    let duration = clock.measure {
      for xml in [inside, "<xml><a>" + inside, "<xml><a><![CDATA[" + String(inside.dropLast(16))] {
        _ = try? read(xml)
      }
    }
    // Thousands of times what it takes; a quadratic reader would take minutes.
    #expect(duration < .seconds(30))
  }

  @Test func `what is written is read back, whatever the value`() throws {
    let values = [
      "", " ", "a]]>b", "]]>", "]]]]>>", "]", "\r", "\r\n", "a\tb\n", "<b>&amp;&#13;", "中文", "😀",
      "{\"goods\":[{\"name\":\"A&B<C>\"}]}", "<![CDATA[x]]>",
    ]
    for root in ["xml", "root"] {
      let fields = Fields(values.enumerated().map { ("f\($0.offset)", $0.element) })
      let read = try FlatXML.read(FlatXML.write(fields, root: root), root: root)
      #expect(read == fields)
      #expect(read.names == fields.names)
    }
  }
}
