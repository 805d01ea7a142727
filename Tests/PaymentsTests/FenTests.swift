import Payments
import Testing

@Suite struct FenTests {
  @Test(arguments: [
    ("0.01", 1), ("0.29", 29), ("0.57", 57), ("1.15", 115), ("8.8", 880), ("9.8", 980),
    ("19.9", 1990), ("19.90", 1990), ("1", 100), ("1000000.00", 100_000_000), ("0.03", 3),
    ("0.0", 0),
  ])
  func `yuan become fen digit by digit`(yuan: String, fen: Int64) {
    #expect(Fen(yuan: yuan)?.amount == fen)
  }

  @Test(arguments: [
    "1.005", "", "-1.00", "1e2", "007.10", " 1.00", "1,000.00", ".", "1.", ".5", "+1", "１.00",
    "99999999.00", "1.0.0",
  ])
  func `text that is no amount of yuan is refused`(yuan: String) {
    #expect(Fen(yuan: yuan) == nil)
  }

  @Test(arguments: ["1", "10", "999999999"])
  func `digits of the wire become fen`(digits: String) {
    #expect(Fen(digits: digits).map { String($0.amount) } == digits)
  }

  @Test(arguments: ["0", "01", "", "-1", "+1", "1.0", "1e3", " 1", "1 ", "1000000000", "１", "0x1"])
  func `digits that the wire does not allow are refused`(digits: String) {
    #expect(Fen(digits: digits) == nil)
  }

  @Test func `an amount to pay is at least one fen and has at most nine digits`() {
    #expect(Fen(payable: 0) == nil)
    #expect(Fen(payable: -1) == nil)
    #expect(Fen(payable: 1)?.amount == 1)
    #expect(Fen(payable: Fen.maximum)?.amount == Fen.maximum)
    #expect(Fen(payable: Fen.maximum + 1) == nil)
    #expect(Fen(payable: .min) == nil)
    #expect(Fen(0) == .zero)
  }

  @Test func `people read yuan`() {
    #expect(Fen(1990).map(String.init(describing:)) == "¥19.90")
    #expect(Fen(5).map(String.init(describing:)) == "¥0.05")
  }
}
