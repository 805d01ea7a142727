import Testing

@testable import Server

@Suite struct ResponseTests {
  @Test func `an answer without a body says so`() {
    let text = String(decoding: Response(status: 204).bytes, as: UTF8.self)
    #expect(text.hasPrefix("Status: 204 No Content\r\nContent-Length: 0\r\n"))
    #expect(!text.contains("\r\nContent-Type:"))
    #expect(text.hasSuffix("\r\n\r\n"))
  }

  @Test func `every status has words`() {
    for status in 200...599 {
      let line = String(decoding: Response(status: status).bytes.prefix { $0 != 13 }, as: UTF8.self)
      #expect(line.hasPrefix("Status: \(status) "))
      #expect(line.utf8.count > 12)
    }
  }

  @Test func `a line break in a value is a mistake, not a second header`() async {
    await #expect(processExitsWith: .failure) {
      _ = Response(status: 200, headers: [("Location", "/a\r\nSet-Cookie: b")]).bytes
    }
    await #expect(processExitsWith: .failure) {
      _ = Response(status: 200, headers: [("Location", "/a\u{0}")]).bytes
    }
    await #expect(processExitsWith: .failure) {
      _ = Response(status: 200, contentType: "text/plain\n\nbody").bytes
    }
  }

  @Test func `a name that is none is a mistake`() async {
    await #expect(processExitsWith: .failure) {
      _ = Response(status: 200, headers: [("A: b\r\nC", "d")]).bytes
    }
  }

  @Test func `a status that nginx would not pass on is a mistake`() async {
    await #expect(processExitsWith: .failure) { _ = Response(status: 99).bytes }
  }
}
