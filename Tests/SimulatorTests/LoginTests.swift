import Server
import Testing

@testable import Simulator

@Suite struct LoginTests {
  private let bench: Bench

  init() throws { bench = try Bench() }

  private func code(_ openID: String? = nil) throws -> String {
    let answer = try bench.control("POST", "login", openID.map { ["openid": .string($0)] })
    return try #require(answer["code"]?.string)
  }

  private func swap(_ code: String, _ changes: [String: String?] = [:]) throws -> JSON {
    var values: [String: String?] = [
      "appid": bench.settings.appID, "secret": bench.settings.appSecret, "js_code": code,
      "grant_type": "authorization_code",
    ]
    values.merge(changes) { $1 }
    let query = values.compactMap { name, value in value.map { "\(name)=\($0)" } }
    let response = bench.simulator.respond(
      to: Request(
        route: "login", method: "GET", path: "/sns/jscode2session",
        query: query.joined(separator: "&")))
    #expect(response.status == 200)
    return try JSON(parsing: response.body)
  }

  @Test func `a code becomes an openid and a session key`() throws {
    let answer = try swap(try code("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"))
    #expect(answer["openid"] == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
    #expect(answer["session_key"]?.string?.utf8.count == 24)
    #expect(answer["errcode"] == nil)
  }

  @Test func `a new buyer gets an openid of the usual shape`() throws {
    let openID = try #require(try swap(try code())["openid"]?.string)
    #expect(openID.hasPrefix("o") && openID.utf8.count == 28)
  }

  @Test func `a code works once`() throws {
    let code = try code()
    #expect(try swap(code)["errcode"] == nil)
    let again = try swap(code)
    #expect(again["errcode"]?.integer == 40163)
    #expect(again["errmsg"]?.string?.hasPrefix("code been used, rid: ") == true)
    #expect(again["openid"] == nil)
  }

  @Test func `a code lives for five minutes`() throws {
    let (young, old) = (try code(), try code())
    bench.clock.pass(seconds: 299)
    #expect(try swap(young)["errcode"] == nil)
    bench.clock.pass(seconds: 1)
    #expect(try swap(old)["errcode"]?.integer == 40029)
  }

  @Test func `a made-up code is refused`() throws {
    #expect(try swap("made-up")["errcode"]?.integer == 40029)
  }

  @Test(
    arguments: [
      ("appid", "wx0000000000000000", Int64(40013)), ("appid", nil, 41002),
      ("secret", "wrong", 40125), ("secret", nil, 41004), ("grant_type", "password", 40002),
      ("js_code", nil, 41008),
    ])
  func `a wrong request is refused and leaves the code alone`(
    name: String, value: String?, errorCode: Int64
  ) throws {
    let code = try code()
    #expect(try swap(code, [name: value])["errcode"]?.integer == errorCode)
    #expect(try swap(code)["errcode"] == nil)
  }

  @Test(arguments: ["", "o 1", "中", "o'--"])
  func `an openid out of shape is refused`(openID: String) throws {
    let answer = try bench.tryControl("POST", "login", ["openid": .string(openID)])
    #expect(answer.status == 400)
  }

  @Test func `secrets do not reach the wire log`() throws {
    let answer = try swap(try code())
    let log = try bench.file("wire.log")
    #expect(log.contains("jscode2session"))
    #expect(!log.contains(bench.settings.appSecret))
    #expect(!log.contains(try #require(answer["session_key"]?.string)))
  }
}
