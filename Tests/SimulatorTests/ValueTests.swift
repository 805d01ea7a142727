import Testing

@testable import Simulator

@Suite struct ValueTests {
  @Test(
    arguments: [
      (Int64(0), "19700101080000"), (1_795_222_800_000_000, "20261121090000"),
      (951_782_399_000_000, "20000229075959"), (-1_000_000, "19700101075959"),
    ])
  func `a time is fourteen digits of Beijing's clock`(microseconds: Int64, digits: String) {
    #expect(BeijingTime.digits(microseconds) == digits)
    #expect(BeijingTime.microseconds(digits) == microseconds)
  }

  @Test(
    arguments: [
      "", "2026112109000", "202611210900000", "20260230000000", "20261301000000",
      "20261121240000", "20261121096000", "20261121090060", "2026-11-21 09:0", "２０261121090000",
    ])
  func `what is no time is not taken for one`(digits: String) {
    #expect(BeijingTime.microseconds(digits) == nil)
  }

  @Test(
    arguments: [
      "127.0.0.1", "1.0.0.0", "223.255.255.255", "::1", "2001:db8::1",
      "2001:DB8:0:0:8:800:200C:417A", "64:ff9b::192.0.2.1", "1::", "1:2:3:4:5:6:7:8",
    ])
  func `a payer's address is taken`(text: String) {
    #expect(InternetAddress.isPayer(text))
  }

  @Test(
    arguments: [
      "::ffff:192.0.2.1", "::FFFF:c000:201", "0:0:0:0:0:ffff:192.0.2.1", "0.0.0.0", "::",
      "224.0.0.1", "255.255.255.255", "ff02::1",
    ])
  func `an address that no payer has is refused`(text: String) {
    #expect(!InternetAddress.isPayer(text))
  }

  @Test(
    arguments: [
      "", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1.2.3.+4",
      "1:2:3", "1:2:3:4:5:6:7:8:9", ":::", "1::2::3", "g::1", "12345::", "1:2:3:4:5:6:7:8::",
      "1.2.3.4::", "fe80::1%eth0", "1:2:3:4:5:6:7:+8", "203.0.113.7, 10.0.0.1",
    ])
  func `what is no address is refused`(text: String) {
    #expect(!InternetAddress.isPayer(text))
  }

  @Test func `a query is decoded, and what is no UTF-8 is left out`() {
    let query = Query("a=1&b=%E4%B8%AD+x&c=%ff&d&e=%zz&a=2&f=")
    #expect(query["a"] == "1")
    #expect(query["b"] == "中 x")
    for name in ["c", "d", "e", "f", "g"] { #expect(query[name] == nil) }
  }
}
