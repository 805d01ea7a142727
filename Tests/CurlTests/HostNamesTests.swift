import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Curl

/// Name servers that are slow, dead or say something new.
@Suite struct HostNamesTests {
  private let far = ContinuousClock.now + .seconds(60)

  /// Answers of a resolver, each given when the test lets it.
  private final class Resolver: Sendable {
    private let answers: Mutex<[Result<[String], HostNames.Failure>]>
    let gate = DispatchSemaphore(value: 0)
    let asked = Counter()

    init(_ answers: [Result<[String], HostNames.Failure>]) { self.answers = Mutex(answers) }

    var names: HostNames { HostNames(lookUp: lookUp) }

    var lookUp: @Sendable (String) -> Result<[String], HostNames.Failure> {
      { [self] _ in
        asked.increase()
        gate.wait()
        return answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
      }
    }
  }

  @Test func `many ask at once, and one look-up serves them`() throws {
    let resolver = Resolver([.success(["192.0.2.1", "2001:db8::1"])])
    let names = resolver.names
    let found = Mutex<[[String]]>([])
    let group = DispatchGroup()
    for _ in 0..<8 {
      DispatchQueue.global().async(group: group) { [far] in
        let addresses = (try? names.addresses(of: "a.example", until: far)) ?? []
        found.withLock { $0.append(addresses) }
      }
    }
    try eventually("the look-up") { resolver.asked.count == 1 }
    resolver.gate.signal()
    group.wait()
    #expect(found.withLock { $0 } == Array(repeating: ["192.0.2.1", "2001:db8::1"], count: 8))
    #expect(try names.addresses(of: "a.example", until: .now) == ["192.0.2.1", "2001:db8::1"])
    #expect(resolver.asked.count == 1)
  }

  @Test func `who gives up leaves the look-up to those who come later`() throws {
    let resolver = Resolver([.success(["192.0.2.1"])])
    let names = resolver.names
    #expect(throws: HostNames.Failure.timedOut) {
      try names.addresses(of: "a.example", until: .now + .milliseconds(20))
    }
    resolver.gate.signal()
    #expect(try names.addresses(of: "a.example", until: far) == ["192.0.2.1"])
    #expect(resolver.asked.count == 1)
  }

  @Test func `an unknown name is asked about again each time`() throws {
    let resolver = Resolver([.failure(.unknown("no such name")), .success(["192.0.2.1"])])
    let names = resolver.names
    resolver.gate.signal()
    #expect(throws: HostNames.Failure.unknown("no such name")) {
      try names.addresses(of: "a.example", until: far)
    }
    resolver.gate.signal()
    #expect(try names.addresses(of: "a.example", until: far) == ["192.0.2.1"])
  }

  @Test func `a name once known stays known while no name server answers`() throws {
    let resolver = Resolver([
      .success(["192.0.2.1"]), .failure(.unknown("no name server")), .success(["192.0.2.2"]),
    ])
    let names = HostNames(freshness: .zero, pauseAfterFailure: .zero, lookUp: resolver.lookUp)
    resolver.gate.signal()
    #expect(try names.addresses(of: "a.example", until: far) == ["192.0.2.1"])
    // Nothing answers yet, nor soon enough.
    #expect(try names.addresses(of: "a.example", until: far) == ["192.0.2.1"])
    resolver.gate.signal()
    try eventually("the answers") {
      resolver.gate.signal()
      return try names.addresses(of: "a.example", until: far) == ["192.0.2.2"]
    }
  }

  @Test(arguments: [
    ("api.mch.weixin.qq.com", true, "api.mch.weixin.qq.com:443:192.0.2.1,[2001:db8::1]"),
    ("Shop.example:8443", true, "shop.example:8443:192.0.2.1,[2001:db8::1]"),
    ("relay.example", false, "relay.example:80:192.0.2.1,[2001:db8::1]"),
    ("192.0.2.1", true, nil), ("[2001:db8::1]:443", true, nil), ("localhost:8443", true, nil),
    ("-a.example", true, nil), ("a,b.example", true, nil), ("a.example:99999", true, nil),
    ("a.example:", true, nil), ("", true, nil),
  ])
  func `a name is looked up, an address is not`(_ host: String, _ isTLS: Bool, _ entry: String?) {
    let endpoint = Endpoint(host: host, isTLS: isTLS)
    #expect(endpoint?.entry(["192.0.2.1", "2001:db8::1"]) == entry)
  }

  @Test func `a slow name server costs the connection nothing of its time`() throws {
    let scene = try Scene.shared()
    let server = try TLSServer(.init(identity: scene.authority.server(["wechat.example"]))) {
      $0.serve("<xml/>")
    }
    let names = HostNames { _ in
      usleep(300_000)
      return .success(["127.0.0.1"])
    }
    // Less for the connection than the look-up takes; but enough for a loaded machine.
    var session = try Session(
      SessionOptions(caFile: scene.authority.certificateFile), hostNames: names)
    let url = "https://wechat.example:\(server.port)/"
    let request = HTTPRequest(method: .get, url: url)
    #expect(throws: CurlError.self) {
      try session.send(request, connectTimeout: .seconds(20), timeout: .milliseconds(100))
    }
    let response = try session.send(
      request, connectTimeout: .seconds(20), timeout: .seconds(40))
    #expect(response.status == 200)
    #expect(response.address == "127.0.0.1")
  }

  @Test func `a name that nobody knows is proven unsent, and said so`() throws {
    let names = HostNames { _ in .failure(.unknown("Name or service not known")) }
    var session = try Session(SessionOptions(), hostNames: names)
    let error = try session.failToPost(to: "https://wechat.example/")
    #expect(error.outcome == .provenUnsent)
    #expect(error.message.contains("wechat.example"))
    #expect(error.message.contains("Name or service not known"))
  }
}
