import Foundation
import Linux
import Logging
import Testing

@testable import Server

@Suite struct LineLogHandlerTests {
  private let lines = Lines()

  @Test func `a line has time, level, event and the metadata by name`() throws {
    logger(.logfmt).info("order paid", metadata: ["order_no": "A1", "fee": "1990"])
    let line = try #require(lines.all.first)
    let time = try #require(line.wholeMatch(of: /time=(\S+) (.*)\n/))
    #expect(time.1.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00/) != nil)
    #expect(time.2 == #"level=info event="order paid" fee=1990 order_no=A1"#)
  }

  @Test(
    arguments: [
      (0, "1970-01-01T08:00:00.000+08:00"),
      (1_795_222_991_020_999, "2026-11-21T09:03:11.020+08:00"),
      (1_795_222_991_999_999, "2026-11-21T09:03:11.999+08:00"),
      (1_709_164_800_001_000, "2024-02-29T08:00:00.001+08:00"),
    ] as [(Int64, String)])
  func `time is Beijing time with milliseconds`(microseconds: Int64, text: String) {
    #expect(Timestamp.text(microsecondsSince1970: microseconds) == text)
  }

  @Test func `in the journal each line begins with its priority`() {
    let logger = Logger(label: "test") { _ in
      LineLogHandler(format: .logfmt, logLevel: .info, hasPriorities: true) { [lines] in
        lines.append($0)
      }
    }
    logger.info("paid")
    logger.warning("alarm raised")
    logger.error("delivery given up")
    #expect(lines.all.map { $0.prefix(3) } == ["<6>", "<4>", "<3>"])
  }

  @Test func `no millisecond is lost`() {
    for millisecond in 0..<1000 as Range<Int64> {
      let text = Timestamp.text(
        microsecondsSince1970: 1_795_222_991_000_000 + millisecond * 1000)
      let digits = String(millisecond + 1000).dropFirst()
      #expect(text == "2026-11-21T09:03:11.\(digits)+08:00")
    }
  }

  private static let hostile = [
    "a\nlevel=error event=forged", "a\r\nb", "\u{1B}[2J", "\u{0}", "quote\" and \\", "a=b", "",
    "\u{2028}next", "\u{202E}desrever", "\u{9B}31m", "订单 😀", "\u{7F}", "\u{FEFF}", " ",
    "\u{E0041}\u{E007F}", "\u{200B}",
  ]

  @Test(arguments: hostile)
  func `one event stays one line of visible characters`(text: String) throws {
    for format in LineLogHandler.Format.allCases {
      logger(format).warning("\(text)", metadata: ["value": "\(text)", "\(text)": "name"])
    }
    #expect(lines.all.count == 2)
    for line in lines.all {
      #expect(line.hasSuffix("\n"))
      let inside = line.unicodeScalars.dropLast()
      #expect(inside.allSatisfy { !Self.isInvisible($0) })
    }
  }

  @Test(arguments: hostile)
  func `a JSON line gives back what was logged`(text: String) throws {
    logger(.json).warning("\(text)", metadata: ["value": "\(text)"])
    let line = try #require(lines.all.first)
    let fields = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
    #expect(fields["event"]?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
    #expect(fields["value"]?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
    #expect(fields["level"] == "warning")
  }

  @Test func `a long value is cut between characters`() throws {
    logger(.json).info("a", metadata: ["value": "\(String(repeating: "订", count: 1000))"])
    let line = try #require(lines.all.first)
    let fields = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
    let value = try #require(fields["value"])
    #expect(value.utf8.count <= 512)
    #expect(value == String(repeating: "订", count: 169) + "…")
  }

  @Test func `metadata of the event win over those of the logger, an error is among them`() throws {
    var logger = logger(.logfmt)
    logger[metadataKey: "request"] = "outer"
    logger[metadataKey: "listener"] = "api"
    logger.error(
      "failed", error: LinuxError(operation: "accept4", code: 24), metadata: ["request": "inner"])
    let line = try #require(lines.all.first)
    #expect(line.contains(#"error="accept4: Too many open files" listener=api request=inner"#))
  }

  @Test func `lines below the level are not written`() {
    logger(.logfmt).debug("a")
    #expect(lines.all.isEmpty)
  }

  @Test func `lines of many threads do not mix on standard error`() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      DispatchQueue.concurrentPerform(iterations: 8) { thread in
        let logger = Logger(label: "test") { _ in LineLogHandler(format: .logfmt) }
        for number in 0..<200 { logger.info("e", metadata: ["n": "\(thread)-\(number)"]) }
      }
      // At its end a process does not wait for its reader, who may be minutes late among other tests.
      LineOutput.standardError.flush(patience: .seconds(3600))
    }
    let content = try #require(result).standardErrorContent
    let lines = String(decoding: content, as: UTF8.self).split(separator: "\n")
    let whole = lines.filter { $0.wholeMatch(of: /time=\S+ level=info event=e n=\d-\d+/) != nil }
    #expect(whole.count == 1600)
    #expect(Set(whole).count == 1600)
  }

  private func logger(_ format: LineLogHandler.Format) -> Logger {
    Logger(label: "test") { _ in
      LineLogHandler(format: format, logLevel: .info) { [lines] in lines.append($0) }
    }
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
