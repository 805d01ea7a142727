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
      let error = try #require(throws: LoginError.self) { try LoginClient.openID(in: body) }
      #expect(error.cause == .codeRefused)
    }
  }

  @Test(arguments: [
    (-1, LoginError.Cause.busy), (40029, .codeRefused), (40163, .codeRefused), (40226, .highRisk),
    (45011, .tooOften), (45009, .quotaReached), (40013, .appID), (40125, .appSecret),
    (40243, .appSecretFrozen), (41008, .refused),
  ])
  func `each of WeChat's codes has its meaning`(code: Int, meaning: LoginError.Cause) throws {
    // Also beside an openid: an error is never taken for success.
    for body in ["{\"errcode\":\(code)}", "{\"errcode\":\(code),\"openid\":\"o1\"}"] {
      let error = try #require(throws: LoginError.self) {
        try LoginClient.openID(in: Array(body.utf8))
      }
      #expect(error.cause == meaning)
      #expect(error.errcode == code)
      #expect("\(error)".contains("errcode \(code)"))
    }
  }

  @Test func `WeChat's words are kept for the log, without the AppSecret`() throws {
    let body = "{\"errcode\":40125,\"errmsg\":\"invalid appsecret canary-1\\n\u{202E}, rid: 7\"}"
    let error = try #require(throws: LoginError.self) {
      try LoginClient.openID(in: Array(body.utf8), hiding: "canary-1")
    }
    #expect("\(error)" == "jscode2session: errcode 40125 (invalid appsecret …, rid: 7)")
  }

  @Test(arguments: [
    "", "{", "[]", "<html></html>", "{}", "{\"openid\":\"\"}", "{\"openid\":\"a b\"}",
    "{\"openid\":1}", "{\"errcode\":\"0\",\"openid\":\"o1\"}", "{\"openid\":\"\u{0}\"}",
    "{\"session_key\":\"k\"}",
  ])
  func `anything else is no login`(body: String) {
    let error = #expect(throws: LoginError.self) {
      try LoginClient.openID(in: Array(body.utf8))
    }
    #expect(error?.cause == .unusableAnswer)
  }
}

/// The exchange over real TLS, with a host that answers what a test gave it.
@Suite struct LoginExchangeTests {
  private let standIns: StandIns

  init() throws { standIns = try StandIns() }

  private func login(_ hosts: WeChatHosts) -> LoginClient {
    LoginClient(merchant: Sample.merchant(), hosts: hosts, deadline: .now + .seconds(20))
  }

  @Test func `a login code becomes an openid; code and secret are encoded`() throws {
    let body = Array("{\"session_key\":\"k\",\"openid\":\"o1\"}".utf8)
    let host = try standIns.host(["/sns/jscode2session": .page(body)])
    #expect(try login(standIns.hosts(host.url)).exchange(code: "a&b=c/+%").text == "o1")
    try host.waitForRequests(1)
    #expect(
      host.received.first?.line
        == "GET /sns/jscode2session?appid=wx0123456789abcdef&secret=app-secret-canary"
        + "&js_code=a%26b%3Dc%2F%2B%25&grant_type=authorization_code")
  }

  @Test func `a busy WeChat is asked once more, a used code not`() throws {
    for (code, requests) in [(-1, 2), (40029, 1)] {
      let host = try standIns.host([
        "/sns/jscode2session": .page(Array("{\"errcode\":\(code)}".utf8))
      ])
      let error = try #require(throws: LoginError.self) {
        try login(standIns.hosts(host.url)).exchange(code: "code1")
      }
      #expect(error.cause == (code == -1 ? .busy : .codeRefused))
      try host.waitForRequests(requests)
      #expect(host.received.count == requests)
    }
  }

  @Test(arguments: ["", "a b", "中文", "a\r\nHost: x", String(repeating: "x", count: 129)])
  func `text that is no login code is not sent`(code: String) throws {
    let hosts = standIns.hosts("https://127.0.0.1:1")
    let error = #expect(throws: LoginError.self) { try login(hosts).exchange(code: code) }
    #expect(error?.cause == .codeRefused)
  }

  @Test func `no error shows the AppSecret or the code`() throws {
    let host = try standIns.host(["/sns/jscode2session": .hangUp])
    let error = try #require(throws: LoginError.self) {
      try login(standIns.hosts(host.url)).exchange(code: "code-canary")
    }
    #expect(error.cause == .unreachable)
    var text = "\(error)"
    dump(error, to: &text)
    for secret in ["app-secret-canary", "code-canary"] { #expect(!text.contains(secret)) }
  }
}
