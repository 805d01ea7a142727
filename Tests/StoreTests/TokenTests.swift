import Payments
import Store
import Testing

@Suite struct TokenTests {
  @Test func `a login is found until it ends`() throws {
    let shop = try Shop()
    let sessions = LoginSessions(shop.database)
    let token = try sessions.begin(
      merchant: shop.merchant, openID: shop.buyer, lifeSeconds: 60, by: shop.act(at: 0))
    #expect(try sessions.find(token: token, by: shop.act(at: 59_000_000))?.openID == shop.buyer)
    #expect(try sessions.find(token: token, by: shop.act(at: 60_000_000)) == nil)
    #expect(try sessions.find(token: token.uppercased(), by: shop.act(at: 0)) == nil)
    #expect(token.utf8.count == 64)
  }

  @Test func `dead logins make room for new ones`() throws {
    let shop = try Shop()
    let sessions = LoginSessions(shop.database)
    for _ in 0..<3 {
      _ = try sessions.begin(
        merchant: shop.merchant, openID: shop.buyer, lifeSeconds: 1, by: shop.act(at: 0))
    }
    _ = try sessions.begin(
      merchant: shop.merchant, openID: shop.buyer, lifeSeconds: 1, by: shop.act(at: 9_000_000))
    #expect(try shop.count("login_session") == 1)
  }

  @Test func `a buyer has five logins at most, and the newest stay`() throws {
    let shop = try Shop()
    let sessions = LoginSessions(shop.database)
    func begin(at microseconds: Int64) throws -> String {
      try sessions.begin(
        merchant: shop.merchant, openID: shop.buyer, lifeSeconds: 60,
        by: shop.act(at: microseconds))
    }
    let other = try sessions.begin(
      merchant: shop.merchant, openID: OpenID("oOther")!, lifeSeconds: 60, by: shop.act(at: 0))
    var tokens = try (1...7).map { try begin(at: $0) }
    func isAlive(_ token: String) throws -> Bool {
      try sessions.find(token: token, by: shop.act(at: 9)) != nil
    }
    #expect(try tokens.map(isAlive) == [false, false, true, true, true, true, true])
    #expect(try isAlive(other))
    // Also when the clock was set back meanwhile.
    tokens.append(try begin(at: 0))
    #expect(try tokens.map(isAlive) == [false, false, false, true, true, true, true, true])
  }

  @Test func `a login that was ended is over, and the others go on`() throws {
    let shop = try Shop()
    let sessions = LoginSessions(shop.database)
    let tokens = try (0..<2).map { _ in
      try sessions.begin(
        merchant: shop.merchant, openID: shop.buyer, lifeSeconds: 60, by: shop.act(at: 0))
    }
    for _ in 0..<2 { try sessions.end(token: tokens[0], by: shop.act(at: 1)) }
    #expect(try sessions.find(token: tokens[0], by: shop.act(at: 2)) == nil)
    #expect(try sessions.find(token: tokens[1], by: shop.act(at: 2)) != nil)
  }

  @Test func `a merchant token is found until it is revoked`() throws {
    let shop = try Shop()
    let tokens = MerchantTokens(shop.database)
    let token = try tokens.create(
      merchant: shop.merchant, name: "后台", role: .cashier, lifeSeconds: 60, by: shop.act(at: 0))
    let holder = try tokens.find(token: token, by: shop.act(at: 0))
    #expect(holder?.role == .cashier)
    #expect(holder?.name == "后台")
    #expect(try tokens.revoke(merchant: shop.merchant, name: "后台", by: shop.act(at: 1)) == 1)
    #expect(try tokens.find(token: token, by: shop.act(at: 1)) == nil)
  }

  @Test func `a cashier may do what a reader may, a reviewer what both may`() {
    #expect(Role.reader < .cashier && Role.cashier < .reviewer)
  }
}
