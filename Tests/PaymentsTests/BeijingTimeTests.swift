import Payments
import Testing

@Suite struct BeijingTimeTests {
  @Test(arguments: [
    ("19700101080000", 0), ("20140903131540", 1_409_721_340), ("20240229000000", 1_709_136_000),
    ("20260101000000", 1_767_196_800), ("20991231235959", 4_102_415_999),
  ])
  func `WeChat's form is read and written`(compact: String, seconds: Int64) {
    let time = BeijingTime(compact: compact)
    #expect(time?.seconds == seconds)
    #expect(BeijingTime(microseconds: seconds * 1_000_000).compact == compact)
  }

  @Test(arguments: [
    "", "2026", "20261131000000", "20260229000000", "20261301000000", "20260101240000",
    "20260101006000", "2026010100000a", "202601010000000", " 0260101000000",
  ])
  func `a second that does not exist is refused`(compact: String) {
    #expect(BeijingTime(compact: compact) == nil)
  }

  @Test(arguments: [
    ("2026-11-21T09:03:11.020+08:00", 1_795_222_991_020_000),
    ("2026-11-21T01:03:11.02Z", 1_795_222_991_020_000),
    ("2026-11-20T20:03:11.02-05:00", 1_795_222_991_020_000),
    ("1970-01-01T00:00:00Z", 0),
  ])
  func `a moment is read with any offset`(text: String, microseconds: Int64) {
    #expect(BeijingTime(rfc3339: text)?.microseconds == microseconds)
  }

  @Test(arguments: [
    "", "2026-11-21", "2026-11-21T09:03:11", "2026-11-21 09:03:11Z", "2026-11-31T00:00:00Z",
    "2026-11-21T09:03:11.Z", "2026-11-21T09:03:11.1234567Z", "2026-11-21T09:03:11+24:00",
    "2026-11-21T09:03:11+0800", "2026-11-21T09:03:11Zz",
    // The years 10000 and -1 in Beijing.
    "9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00+23:59",
  ])
  func `text that is no moment is refused`(text: String) {
    #expect(BeijingTime(rfc3339: text) == nil)
  }

  @Test func `a moment is written in Beijing time`() {
    let time = BeijingTime(microseconds: 1_795_222_991_020_999)
    #expect(time.rfc3339 == "2026-11-21T09:03:11.020+08:00")
    #expect(BeijingTime(microseconds: -1).rfc3339 == "1970-01-01T07:59:59.999+08:00")
  }
}
