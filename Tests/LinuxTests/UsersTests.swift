import Foundation
import Linux
import Testing

@Suite struct UsersTests {
  @Test func `accounts are found by name`() {
    #expect(userID(named: "root") == 0)
    #expect(userID(named: "nobody") == 65534)
    #expect(userID(named: "no such account") == nil)
    #expect(userID(named: "") == nil)
  }

  @Test func `the process's own account has a number and a name`() {
    #expect(effectiveUserID() == geteuid())
    #expect(userID(named: userName()) == geteuid())
  }
}
