import Curl
import Testing

@Suite struct PercentEncodingTests {
  @Test func `only unreserved characters stay as they are`() {
    let unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    #expect(percentEncoded(unreserved) == unreserved)
    #expect(
      percentEncoded("a b+c&d=e/f?g#h%i\r\n\0") == "a%20b%2Bc%26d%3De%2Ff%3Fg%23h%25i%0D%0A%00")
    #expect(percentEncoded("微信é") == "%E5%BE%AE%E4%BF%A1%C3%A9")
    #expect(percentEncoded("") == "")
  }
}
