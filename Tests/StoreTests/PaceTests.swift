import Store
import TestSupport
import Testing

/// Calls to WeChat follow each other as slowly as it wants, whoever makes them.
@Suite struct PaceTests {
  @Test func `of many at once one may call, and the others are told to wait`() throws {
    let shop = try Shop()
    let pace = Pace(shop.database)
    let rests = try concurrently(8) { _ in
      try pace.take(.query, shop.merchant, until: shop.soon)
    }
    #expect(rests.contains(nil))
    // The spacing is far less than the second to which it is rounded up.
    #expect(rests.allSatisfy { $0.map { (0...1).contains($0) } ?? true }, "\(rests)")
  }

  @Test func `a pause holds back calls of its kind only, and says how long it lasts`() throws {
    let shop = try Shop()
    let pace = Pace(shop.database)
    #expect(try pace.take(.refund, shop.merchant, until: shop.soon) == nil)
    try pace.pause(.refund, shop.merchant, seconds: 3600, until: shop.soon)
    let rest = try #require(try pace.take(.refund, shop.merchant, until: shop.soon))
    #expect((3500...3600).contains(rest), "\(rest)")
    #expect(try pace.take(.query, shop.merchant, until: shop.soon) == nil)
  }
}
