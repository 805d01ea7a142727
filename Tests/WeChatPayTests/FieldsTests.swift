import Testing
import WeChatPay

@Suite struct FieldsTests {
  @Test func `fields compare by bytes and not by order`() {
    let fields: Fields = ["a": "1", "b": "2"]
    #expect(fields == ["b": "2", "a": "1"])
    #expect(fields != ["a": "1"])
    #expect(fields != ["a": "1", "b": "3"])
    // é as one character and as two: the same to Swift, not to a signature.
    #expect(Fields([("a", "\u{E9}")]) != Fields([("a", "e\u{301}")]))
    #expect(Fields([("\u{E9}", "1")])["e\u{301}"] == nil)
  }

  @Test func `an empty field is not a missing one`() {
    let fields: Fields = ["attach": ""]
    #expect(fields["attach"] == "")
    #expect(fields["device_info"] == nil)
  }

  @Test func `a removed field is gone and the others stay in order`() {
    var fields: Fields = ["a": "1", "b": "2", "c": "3"]
    fields["b"] = nil
    fields["d"] = "4"
    fields["a"] = "5"
    #expect(fields.names == ["a", "c", "d"])
    #expect(fields.map(\.value) == ["5", "3", "4"])
    #expect(fields["b"] == nil && fields["c"] == "3")
  }
}
