import Foundation
import Linux
import Testing

@Test func `the wall clock counts microseconds since 1970`() {
  let before = Date().timeIntervalSince1970
  let now = Double(microsecondsSince1970()) / 1_000_000
  let after = Date().timeIntervalSince1970
  #expect((before - 0.001...after + 0.001).contains(now))
}
