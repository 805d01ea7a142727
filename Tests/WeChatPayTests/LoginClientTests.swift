import Payments
import Testing

@testable import WeChatPay

@Suite struct LoginClientTests {
  @Test(arguments: Vectors.file.jscode2sessionShapes)
  func `published answers are read`(vector: Vectors.SessionAnswer) throws {
    let body = Array(vector.body.utf8)
    if vector.expect.ok {
      #expect(try LoginClient.openID(in: body).text == vector.expect.openid)
    } else {
      #expect(vector.expect.errcode == 40029)
      #expect(throws: LoginError.codeRefused) { try LoginClient.openID(in: body) }
    }
  }

  @Test(arguments: [
    (-1, LoginError.busy), (40029, .codeRefused), (40163, .codeRefused), (40226, .highRisk),
    (45011, .tooOften), (45009, .quotaReached), (40013, .configuration), (40125, .configuration),
    (41008, .refused(41008)),
  ])
  func `each of WeChat's codes has its meaning`(code: Int, meaning: LoginError) {
    // Also beside an openid: an error is never taken for success.
    for body in ["{\"errcode\":\(code)}", "{\"errcode\":\(code),\"openid\":\"o1\"}"] {
      #expect(throws: meaning) { try LoginClient.openID(in: Array(body.utf8)) }
    }
  }

  @Test(arguments: [
    "", "{", "[]", "<html></html>", "{}", "{\"openid\":\"\"}", "{\"openid\":\"a b\"}",
    "{\"openid\":1}", "{\"errcode\":\"0\",\"openid\":\"o1\"}", "{\"openid\":\"\u{0}\"}",
    "{\"session_key\":\"k\"}",
  ])
  func `anything else is no login`(body: String) {
    #expect(throws: LoginError.unusableAnswer) { try LoginClient.openID(in: Array(body.utf8)) }
  }
}
