import Server
import Testing

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }
  private func write(_ json: JSON) -> String { String(decoding: json.bytes, as: UTF8.self) }

  // MARK: Reading

  @Test func `a request's body is read member by member`() throws {
    let body = try parse(
      #" { "out_trade_no" : "T1", "refund_fee": 500, "paid": true, "attach":null, "refunds":[1,"a"] } "#
    )
    #expect(body["out_trade_no"]?.string == "T1")
    #expect(body["refund_fee"]?.integer == 500)
    #expect(body["paid"]?.bool == true)
    #expect(body["attach"]?.isNull == true)
    #expect(body["refunds"]?.array == [1, "a"])
    #expect(
      body.members?.map(\.name) == ["out_trade_no", "refund_fee", "paid", "attach", "refunds"])
    #expect(body["absent"] == nil)
  }

  @Test func `a value is not taken for one of another type`() {
    let values: [JSON] = [nil, true, 1, "1", [], [:]]
    #expect(values.map(\.isNull) == [true, false, false, false, false, false])
    #expect(values.map(\.bool) == [nil, true, nil, nil, nil, nil])
    #expect(values.map(\.integer) == [nil, nil, 1, nil, nil, nil])
    #expect(values.map(\.string) == [nil, nil, nil, "1", nil, nil])
    #expect(values.map { $0.array?.count } == [nil, nil, nil, nil, 0, nil])
    #expect(values.map { $0.members?.count } == [nil, nil, nil, nil, nil, 0])
    #expect(values.allSatisfy { $0["a"] == nil })
  }

  @Test(arguments: [
    ("0", 0), ("-0", 0), ("1990", 1990), ("-5", -5),
    ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
  ])
  func `an integer is read exactly`(text: String, value: Int64) throws {
    #expect(try parse(text).integer == value)
  }

  @Test(arguments: [
    "1990.0", "19.90", "1e3", "1E+3", "1e-1", "0.0", "-0.0", "0e0",
    "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890",
  ])
  func `a fraction, an exponent or too large a number is no integer`(text: String) throws {
    let number = try parse(text)
    #expect(number == .number(text))
    #expect(number.integer == nil)
  }

  @Test(arguments: [
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
    (#""\u0041\u00e9\u4E2d\uFFFF""#, "Aé中\u{ffff}"),
    (#""\ud83d\ude00\uDBFF\uDFFF""#, "😀\u{10ffff}"),
    ("\"中文 😀 é\u{7f}\"", "中文 😀 é\u{7f}"),
    (#""""#, ""),
  ])
  func `escapes and UTF-8 become the characters they mean`(text: String, value: String) throws {
    #expect(try parse(text).string?.unicodeScalars.elementsEqual(value.unicodeScalars) == true)
  }

  @Test(arguments: [
    "", " ", "\u{feff}1", "1\u{feff}", "nul", "nulll", "True", "NaN", "Infinity", "'a'", "a", "//",
    "1 2",
    "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "]", "[1]]", "[}", "{", "{]", "}",
    "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\"1}",
    "{\"a\":1}x",
    "01", "-01", "+1", "-", "1.", ".5", "-.5", "1e", "1e+", "1.e1", "0x10", "1_000", "--1", "1a",
    "\"", "\"a", "\"\\", "\"\\\"", "\"a\nb\"", "\"a\u{0}b\"", "\"\\x41\"", "\"\\'\"", "\"\\u\"",
    "\"\\u12\"", "\"\\u12g4\"",
    "\"\\U0041\"", "\"\\u+041\"", "\"\\u00 1\"", "\u{a0}1", "1\u{c}", "1\u{0}",
  ])
  func `what is no JSON is refused`(text: String) {
    #expect(throws: JSONRefusal.self) { try parse(text) }
  }

  @Test(arguments: [
    #""\u0000""#, #"{"a\u0000b":1}"#,
    #""\ud800""#, #""\udc00""#, #""\ud800a""#, #""\ud800\n""#, #""\ud800\u0041""#,
    #""\ud800\ud800""#,
    #""\udc00\ud800""#, #""\ud83d\ude0""#,
  ])
  func `zero characters and halves of surrogate pairs are refused`(text: String) {
    #expect(throws: JSONRefusal.self) { try parse(text) }
  }

  @Test(
    arguments: [
      [0x80], [0xc3], [0xc0, 0x80], [0xe4, 0xb8], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
      [0xff],
      [0xe0, 0x80, 0xaf], [0xc3, 0x28], Array("\u{e9}\\n".utf8.prefix(1)) + Array("\\u00a9".utf8),
    ] as [[UInt8]])
  func `a string or name that is not UTF-8 is refused`(content: [UInt8]) {
    let quoted = [UInt8(ascii: "\"")] + content + [UInt8(ascii: "\"")]
    #expect(throws: JSONRefusal.self) { try JSON(parsing: quoted) }
    #expect(throws: JSONRefusal.self) {
      try JSON(parsing: Array("{".utf8) + quoted + Array(":1}".utf8))
    }
  }

  @Test(arguments: [
    #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#, #"[{"":1,"":2}]"#,
  ])
  func `a name that is there twice is refused`(text: String) {
    #expect(throws: JSONRefusal.self) { try parse(text) }
  }

  @Test func `names are compared by their bytes`() throws {
    let object = try parse("{\"\u{e9}\":1,\"e\u{301}\":2}")
    #expect(object["\u{e9}"] == 1)
    #expect(object["e\u{301}"] == 2)
    #expect(JSON.string("\u{e9}") != JSON.string("e\u{301}"))
  }

  @Test func `eight values may lie inside one another, not nine`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try parse(nested(8)) }
    #expect(throws: JSONRefusal.self) { try parse(nested(9)) }
    #expect(throws: JSONRefusal.self) { try parse(String(repeating: "{\"a\":", count: 9)) }
    #expect(throws: JSONRefusal.self) { try parse(nested(100_000)) }
    // Side by side is not inside.
    #expect(throws: Never.self) { try parse("[[],[],[],[],[],[],[],[],[],[]]") }
  }

  @Test func `a body full of names is read in no time`() throws {
    let members = (0..<8_000).map { "\"\(String($0, radix: 36))\":0" }
    let text = "{" + members.joined(separator: ",") + "}"
    let start = ContinuousClock.now
    #expect(try parse(text).members?.count == 8_000)
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func `a refusal names the place and quotes nothing`() throws {
    let refusal = try #require(throws: JSONRefusal.self) { try parse(#"{"token":"secret","#) }
    #expect(refusal.position == 18)
    #expect(refusal.description == "Not JSON, after 18 bytes: A name is expected.")
  }

  // MARK: Writing

  @Test func `literals are written compactly and in their order`() {
    let json: JSON = ["z": 1, "a": [true, false, nil, "中文"], "empty": [:], "list": [], "n": -5]
    #expect(write(json) == #"{"z":1,"a":[true,false,null,"中文"],"empty":{},"list":[],"n":-5}"#)
  }

  @Test func `variables become values, and absent ones null`() {
    let number: String? = nil
    #expect(
      write([JSON("T1"), JSON(number), JSON(Int64.max), JSON(Int64?.none)])
        == #"["T1",null,9223372036854775807,null]"#)
  }

  @Test func `what could act in a page, a log or a terminal is escaped`() {
    let text =
      "\"\\/</script>&\n\r\t\u{0}\u{1b}\u{7f}\u{9b}\u{ad}\u{200b}\u{202e}\u{2028}\u{2029}\u{feff}\u{e0041}é😀"
    #expect(
      write(.string(text))
        == #""\"\\/\u003c/script\u003e\u0026\n\r\t\u0000\u001b\u007f\u009b\u00ad\u200b\u202e\u2028\u2029\ufeff\udb40\udc41é😀""#
    )
    #expect(write([text: 1]).allSatisfy { !$0.isNewline })
  }
}
