import TestSupport
import Testing

@testable import FastCGI

@Suite struct RequestInspectionTests {
  private typealias Records = FastCGIRecords

  @Test func `a request as nginx sends it is whole, in pieces of any size`() throws {
    for body in [0, 1, 2, 40_000, 65_536] {
      let bytes = Records.request(body: [UInt8](repeating: 7, count: body))
      for size in [1, 3, 8, 4096, bytes.count] where size > 1 || body < 100 {
        #expect(verdict(bytes, pieces: size) == .whole)
      }
      #expect(verdict(Array(bytes.dropLast())) == .unfinished)
    }
  }

  @Test func `an empty content length means no body`() {
    #expect(verdict(request(contentLength: "")) == .whole)
  }

  @Test(
    arguments: [
      (Records.record(1, [0, 1, 0, 0, 0, 0, 0, 0], version: 2), .unsupportedVersion(2)),
      (Records.record(9, [], requestID: 0), .managementRecord(type: 9)),
      (Records.record(1, [0, 1, 0, 0, 0, 0, 0, 0], requestID: 0), .managementRecord(type: 1)),
      (Records.begin(role: 2), .notAResponder(role: 2)),
      (Records.begin(role: 3), .notAResponder(role: 3)),
      (Records.record(1, [0, 1]), .malformedRecord(type: 1)),
      (Records.begin(padding: 8), .malformedRecord(type: 1)),
      (Records.record(4), .unexpectedRecord(type: 4)),
      (Records.begin() + Records.begin(), .unexpectedRecord(type: 1)),
      (Records.begin() + Records.record(2), .unexpectedRecord(type: 2)),
      (Records.begin() + Records.record(5), .unexpectedRecord(type: 5)),
      (Records.begin() + Records.record(8), .unexpectedRecord(type: 8)),
      (Records.begin() + Records.record(4, requestID: 2), .foreignRequestID),
      (Records.begin() + Records.record(9, requestID: 0), .managementRecord(type: 9)),
      (Records.begin() + Records.record(4, padding: 1), .malformedRecord(type: 4)),
      (Records.begin() + Records.record(4), .missingEnd),
      (Records.request() + [1], .bytesAfterRequest),
    ] as [([UInt8], RequestRefusal)])
  private func `records out of their place are refused`(bytes: [UInt8], refusal: RequestRefusal) {
    #expect(verdict(bytes) == .refused(refusal))
    #expect(verdict(bytes, pieces: 1) == .refused(refusal))
  }

  @Test(
    arguments: [
      ([0x80], .malformedParameters),
      ([0x01], .malformedParameters),
      ([0x01, 0x05, 0x41], .malformedParameters),
      ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .malformedParameters),
      ([0x80, 0x00, 0x00], .malformedParameters),
      ([0x00, 0x00], .malformedParameterName),
      (Records.pairs([("a", "")]), .malformedParameterName),
      (Records.pairs([("A=B", "")]), .malformedParameterName),
      (Records.pairs([("Ä", "")]), .malformedParameterName),
      (Records.pairs([(String(repeating: "A", count: 129), "")]), .malformedParameterName),
      (Records.pairs([("A", ""), ("A", "")]), .duplicateParameter(name: "A")),
      (Records.pairs([("HTTP_A", ""), ("HTTP_A", "")]), .duplicateParameter(name: "HTTP_A")),
      (Records.pairs((0...200).map { ("A\($0)", "") }), .tooManyParameters),
      (Records.pairs([("A", "")]), .missingEnd),
      (Records.pairs([("WEIXINPAY_END", "2")]), .missingEnd),
      (Records.pairs([("WEIXINPAY_END", "")]), .missingEnd),
      (Records.pairs([("WEIXINPAY_END", "1"), ("A", "")]), .missingEnd),
      (Records.pairs([("HTTP_HOST", "a")]), .missingEnd),
      (Records.pairs([("WEIXINPAY_END", "1"), ("A", ""), ("HTTP_HOST", "a")]), .missingEnd),
      (Records.pairs([("WEIXINPAY_END", "1"), ("HTTP_HOST", "a"), ("A", "")]), .missingEnd),
      (
        Records.pairs([("WEIXINPAY_END", "1"), ("HTTP_HOST", "a"), ("HTTP_HOST", "a")]),
        .duplicateParameter(name: "HTTP_HOST")
      ),
      (
        Records.pairs([("HTTP_HOST", "a"), ("WEIXINPAY_END", "1"), ("HTTP_HOST", "a")]),
        .duplicateParameter(name: "HTTP_HOST")
      ),
      (Records.pairs([("WEIXINPAY_END", "1")]), .missingContentLength),
      (Records.pair([0x41], [0xC3]) + Records.pairs([("A", "")]), .duplicateParameter(name: "A")),
      (Records.pair([0x41], [0xC3]), .missingEnd),
      (
        Records.pair([0x41], [0xC3]) + Records.pairs([("WEIXINPAY_END", "1")]),
        .malformedText(name: "A")
      ),
      (Records.pair([0x41], [0xC3]) + [0xFF, 0xFF, 0xFF, 0xFF], .malformedParameters),
    ] as [([UInt8], RequestRefusal)])
  private func `parameters that are not what they should be are refused`(
    content: [UInt8], refusal: RequestRefusal
  ) {
    let bytes = Records.begin() + Records.parameterStream(content)
    #expect(verdict(bytes) == .refused(refusal))
  }

  @Test func `nginx may append the host behind the end, and nothing else`() {
    let content = Records.pairs(
      Records.whole(contentLength: "0") + [("HTTP_HOST", "shop.example")])
    let bytes = Records.begin() + Records.parameterStream(content) + Records.bodyStream([])
    #expect(verdict(bytes) == .whole)
  }

  @Test func `a length may be written in four bytes though one would do`() {
    let content: [UInt8] =
      [0x80, 0, 0, 1, 0x80, 0, 0, 1, 0x41, 0x42]
      + Records.pairs(Records.whole(contentLength: "0"))
    let bytes = Records.begin() + Records.parameterStream(content) + Records.bodyStream([])
    #expect(verdict(bytes) == .whole)
  }

  @Test func `the largest parameters pass and no more are kept`() {
    let rest = Records.pairs(Records.whole(contentLength: "0"))
    let value = ParameterBlock.maximumBytes - rest.count - 6
    for (extra, expected) in [(0, Verdict.whole), (1, .refused(.parametersTooLong))] {
      let content =
        Records.pair([0x41], [UInt8](repeating: 0x61, count: value + extra)) + rest
      let bytes = Records.begin() + Records.parameterStream(content) + Records.bodyStream([])
      #expect(verdict(bytes) == expected)
    }
  }

  @Test(
    arguments: [
      ("x", .malformedContentLength), ("-1", .malformedContentLength),
      ("+1", .malformedContentLength), (" 1", .malformedContentLength),
      ("1e1", .malformedContentLength), ("１", .malformedContentLength),
      ("65537", .bodyTooLarge), ("99999999999999999999", .bodyTooLarge),
    ] as [(String, RequestRefusal)])
  private func `a content length that is none is refused`(text: String, refusal: RequestRefusal) {
    #expect(verdict(request(contentLength: text)) == .refused(refusal))
  }

  @Test func `a body that is shorter or longer than announced is refused`() {
    for (announced, sent) in [("1", 0), ("0", 1), ("100", 40), ("40", 100), ("", 1)] {
      let bytes = request(contentLength: announced, body: [UInt8](repeating: 0, count: sent))
      #expect(verdict(bytes) == .refused(.bodyLengthMismatch))
    }
  }

  @Test func `only faults of the HTTP client are answered`() {
    #expect(RequestRefusal.bodyTooLarge.isAnswerable)
    #expect(RequestRefusal.malformedText(name: "A").isAnswerable)
    #expect(!RequestRefusal.missingEnd.isAnswerable)
    #expect("\(RequestRefusal.missingEnd)".contains("include weixinpay_params last, and no other"))
    #expect("\(RequestRefusal.duplicateParameter(name: "A"))".contains("no fastcgi_params"))
    #expect(!RequestRefusal.malformedParameters.isAnswerable)
    #expect(!RequestRefusal.managementRecord(type: 9).isAnswerable)
  }

  @Test func `mutated requests never trap, and pieces do not change the verdict`() {
    var random = SplitMix64(seed: 2026)
    let plain = [
      Records.request([("HTTP_AUTHORIZATION", "Bearer x")], body: Array("{\"code\":\"x\"}".utf8)),
      Records.request([("QUERY", String(repeating: "q", count: 300))]),
    ]
    var verdicts: [Verdict: Int] = [:]
    for round in 0..<200_000 {
      let bytes = mutated(plain[round % 2], &random)
      let atOnce = verdict(bytes)
      verdicts[atOnce, default: 0] += 1
      if round % 16 == 0 {
        #expect(verdict(bytes, pieces: .random(in: 1...64, using: &random)) == atOnce)
      }
    }
    // Both gates were tried from both sides.
    #expect(verdicts[.whole, default: 0] > 1000)
    #expect(verdicts[.unfinished, default: 0] > 1000)
    #expect(verdicts.count > 20)
  }

  private func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[place] = .random(in: 0...255, using: &random)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(bytes[place], at: place)
      default: bytes.removeLast(min(place, 20))
      }
    }
    return bytes
  }

  private func request(contentLength: String, body: [UInt8] = []) -> [UInt8] {
    Records.begin()
      + Records.parameterStream(Records.pairs(Records.whole(contentLength: contentLength)))
      + Records.bodyStream(body)
  }

  private enum Verdict: Hashable {
    case whole, unfinished
    case refused(RequestRefusal)
  }

  private func verdict(_ bytes: [UInt8], pieces: Int = .max) -> Verdict {
    var inspection = RequestInspection(maximumBody: 65_536)
    var rest = bytes[...]
    do throws(RequestRefusal) {
      while !rest.isEmpty {
        let piece = rest.prefix(pieces)
        rest = rest.dropFirst(piece.count)
        try inspection.consume(Array(piece))
      }
      return inspection.isWhole ? .whole : .unfinished
    } catch {
      return .refused(error)
    }
  }
}
