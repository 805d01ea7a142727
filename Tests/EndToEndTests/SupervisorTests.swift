import Foundation
import TestSupport
import Testing

/// A gateway of several processes: what can be done to it while nobody notices.
@Suite struct SupervisorTests {
  /// How often `Tests/restarts` wants it; a few times are enough to see that it works.
  private static let rounds =
    ProcessInfo.processInfo.environment["WEIXINPAY_RESTARTS"].flatMap(Int.init) ?? 4

  /// What holds on a machine that has time: as many times longer as there are others who want each
  /// of its cores.
  private func promised(_ time: Duration) -> Duration {
    var load = [0.0]
    getloadavg(&load, 1)
    let others = load[0] / Double(ProcessInfo.processInfo.activeProcessorCount)
    return time * max(1, others.rounded(.up))
  }

  @Test func `workers are replaced and nginx is reloaded, and no request fails`() throws {
    let site = try Site(.init(isSupervised: true))
    let before = try site.workers()
    #expect(before.count == 2)
    let rush = try Rush(site, perSecond: 300)
    for round in 1...Self.rounds {
      let old = try site.workers()
      try site.gatewayProcess.send(SIGHUP)
      try eventually("round \(round) of new workers") {
        let now = try site.workers()
        return now.count == 2 && now.isDisjoint(with: old)
      }
      try site.nginx.reload()
      Thread.sleep(forTimeInterval: 0.1)
    }
    let outcomes = rush.finish()
    let failed = outcomes.filter { $0.failure != nil }
    #expect(failed.isEmpty, "\(failed.count) of \(outcomes.count): \(failed.prefix(3))")
    #expect(outcomes.count > 10 * Self.rounds)
    print("\(Self.rounds) rounds, \(outcomes.count) requests, \(failed.count) failed")
  }

  @Test func `a killed worker is back within a second and takes only its own requests along`()
    throws
  {
    let site = try Site(.init(isSupervised: true))
    let rush = try Rush(site, perSecond: 300)
    Thread.sleep(forTimeInterval: 0.5)
    let before = try site.workers()
    let victim = try #require(before.first)
    let killed = ContinuousClock.now
    kill(victim, SIGKILL)
    try eventually("a new worker") {
      try site.workers().subtracting(before).count == 1
    }
    try eventually("its word") { site.servingWorkers == 3 }
    #expect(.now - killed < promised(.seconds(1)))
    Thread.sleep(forTimeInterval: 0.5)
    // Whoever was being served at that moment hears 502 and asks again; nobody else hears anything.
    for outcome in rush.finish() where outcome.failure != nil {
      #expect(outcome.failure?.hasPrefix("502 ") == true, "\(outcome)")
      #expect(
        outcome.sent < killed + promised(.milliseconds(100)) && outcome.answered > killed,
        "\(outcome)")
    }
  }

  @Test func `a worker that is replaced lets a slow payment finish`() throws {
    let site = try Site(.init(apiWorkers: 4, isSupervised: true))
    try site.fault("unifiedorder", "delay", milliseconds: 7000)
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    let before = try site.workers()
    let reload = Thread {
      try? eventually("WeChat is asked") { try !site.query("SELECT 1 FROM payment").isEmpty }
      try? site.gatewayProcess.send(SIGHUP)
    }
    reload.start()
    #expect(try site.pay(number, buyer).status == 200)
    try eventually("new workers") {
      let now = try site.workers()
      return now.count == 2 && now.isDisjoint(with: before)
    }
  }

  @Test func `a worker that keeps dying is restarted less and less often`() throws {
    let site = try Site(.init(isSupervised: true))
    for round in 1...3 {
      let workers = try site.workers()
      if let victim = workers.max() { kill(victim, SIGKILL) }
      try eventually("worker after kill \(round)") {
        let now = try site.workers()
        return now.count == 2 && now != workers
      }
    }
    try site.waitForLog("seconds=1")
    try site.waitForLog("seconds=2")
    #expect(try site.send("GET", "/wxpay/health").status == 200)
  }

  @Test func `workers start on a database that a newer program has migrated, and say so once`()
    throws
  {
    let site = try Site(.init(isSupervised: true))
    try site.execute(
      "INSERT INTO migration (number, name, digest, finished) VALUES (999, '999-later', '', 1)")
    try site.gatewayProcess.send(SIGHUP)
    try eventually("the reload") { site.gatewayLog().contains("event=reloaded") }
    #expect(site.servingWorkers == 4)
    let warnings = site.gatewayLog().split(separator: "\n").filter { $0.contains("999-later") }
    #expect(warnings.count == 1 && warnings[0].contains("worker=1"), "\(warnings)")
  }

  @Test func `a faulty configuration replaces nobody`() throws {
    let site = try Site(.init(isSupervised: true))
    let before = try site.workers()
    let sound = try String(contentsOfFile: site.configuration, encoding: .utf8)
    for (faulty, sentence) in [
      (sound + "\nlog: xml", "expected logfmt or json"),
      (sound.replacing("socket: api.sock", with: "socket: other.sock"), "listen.api.socket"),
      (sound.replacing("name: weixinpay_", with: "name: weixinpay__"), "weixinpay__"),
    ] {
      try site.folder.write(faulty, to: "weixinpay.yaml")
      let refusals = site.gatewayLog().components(separatedBy: "reload refused").count
      try site.gatewayProcess.send(SIGHUP)
      try eventually("the refusal") {
        site.gatewayLog().components(separatedBy: "reload refused").count > refusals
      }
      #expect(site.gatewayLog().contains(sentence), "\(site.gatewayLog().suffix(800))")
      #expect(try site.workers() == before)
      #expect(try site.send("GET", "/wxpay/health").status == 200)
    }
    let unformatted = site.gatewayLog().split(separator: "\n").filter { !$0.hasPrefix("time=") }
    #expect(unformatted.isEmpty, "Text in the middle of the log: \(unformatted)")
    try site.folder.write(sound + "\nprocesses: 3", to: "weixinpay.yaml")
    try site.gatewayProcess.send(SIGHUP)
    try eventually("three workers, all new") {
      let now = try site.workers()
      return now.count == 3 && now.isDisjoint(with: before)
    }
    #expect(try site.send("GET", "/wxpay/health").status == 200)
  }

  @Test(.enabled(if: !isSanitized, "Without memory, a sanitizer's runtime ends the process first."))
  func `a new worker without threads for its requests takes nothing from the others`() throws {
    let site = try Site(.init(apiWorkers: 8, isSupervised: true))
    let before = try site.workers()
    let settings = try String(contentsOfFile: site.configuration, encoding: .utf8)
    try site.folder.write(
      settings.replacing("socket: api.sock, workers: 8", with: "socket: api.sock, workers: 4000"),
      to: "weixinpay.yaml")
    let statistics = try String(
      contentsOfFile: "/proc/\(try #require(before.first))/statm", encoding: .utf8)
    let pages = try #require(statistics.split(separator: " ").first.flatMap { UInt($0) })
    // Room for the stacks of some workers, not of all; children have their parent's limit. Who can
    // allocate nothing else either dies of that: that, too, is nobody else's business.
    try ChildProcess.run(
      "prlimit", ["--pid", "\(site.gatewayProcess.pid)", "--as=\(pages * 4096 + 256 << 20)"])
    try site.gatewayProcess.send(SIGHUP)
    try eventually("the refusal") { site.gatewayLog().contains("reload refused") }
    #expect(try site.workers() == before)
    for _ in 0..<4 { #expect(try site.send("GET", "/wxpay/health").status == 200) }
  }

  @Test func `a worker that is told to end by somebody else leaves its sockets to the others`()
    throws
  {
    let site = try Site(.init(isSupervised: true))
    let rush = try Rush(site, perSecond: 100)
    let before = try site.workers()
    kill(try #require(before.first), SIGTERM)
    try eventually("a new worker") { try site.workers().subtracting(before).count == 1 }
    try eventually("its word") { site.servingWorkers == 3 }
    let failed = rush.finish().filter { $0.failure != nil }
    #expect(failed.isEmpty, "\(failed.prefix(3))")
  }

  @Test func `an idle gateway stops within half a second and takes its sockets along`() throws {
    let site = try Site(.init(isSupervised: true))
    let workers = try site.workers()
    let process = try site.gatewayProcess
    let started = ContinuousClock.now
    process.terminate()
    #expect(try process.wait() == .code(0))
    #expect(.now - started < promised(.milliseconds(500)))
    for worker in workers { #expect(kill(worker, 0) == -1) }
    for name in ["api", "notify", "merchant"] {
      #expect(!FileManager.default.fileExists(atPath: site.folder.file("\(name).sock")))
    }
  }

  @Test func `a gateway that stops under load finishes what it has begun`() throws {
    let site = try Site(.init(apiWorkers: 32, isSupervised: true))
    try site.fault("unifiedorder", "delay", count: 0, milliseconds: 1000)
    let buyers = try (0..<24).map { _ in
      let number = Site.number()
      try site.createOrder(number)
      return (number, try site.login())
    }
    let process = try site.gatewayProcess
    let killer = Thread {
      try? eventually("all are begun") { try site.count("payment", where: "TRUE") == 24 }
      process.terminate()
    }
    killer.start()
    let replies = try concurrently(24) { try site.pay(buyers[$0].0, buyers[$0].1) }
    #expect(replies.map(\.status) == Array(repeating: 200, count: 24), "\(replies.map(\.text))")
    #expect(try process.wait(patience: .seconds(6)) == .code(0))
  }

  @Test func `what is not finished in six seconds is cut off, and the exit code says so`() throws {
    let site = try Site(.init(apiWorkers: 4, isSupervised: true))
    try site.fault("unifiedorder", "delay", count: 0, milliseconds: 11_000)
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    let waiting = Thread { _ = try? site.pay(number, buyer) }
    waiting.start()
    try eventually("WeChat is asked") { try !site.query("SELECT 1 FROM payment").isEmpty }
    let process = try site.gatewayProcess
    let started = ContinuousClock.now
    process.terminate()
    #expect(try process.wait() == .code(75))
    #expect(.now - started < promised(.seconds(7)))
    // What was begun is committed, and goes on after the next start.
    try site.clearFaults()
    try site.startGateway()
    #expect(try site.pay(number, buyer).status == 200)
  }

  @Test func `a second SIGTERM ends it at once`() throws {
    let site = try Site(.init(apiWorkers: 4, isSupervised: true))
    try site.fault("unifiedorder", "delay", count: 0, milliseconds: 11_000)
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    let waiting = Thread { _ = try? site.pay(number, buyer) }
    waiting.start()
    try eventually("WeChat is asked") { try !site.query("SELECT 1 FROM payment").isEmpty }
    let process = try site.gatewayProcess
    process.terminate()
    Thread.sleep(forTimeInterval: 0.2)
    let started = ContinuousClock.now
    process.terminate()
    #expect(try process.wait() == .code(75))
    #expect(.now - started < promised(.seconds(1)))
  }

  @Test func `workers end with a killed supervisor, and the next one takes its place`() throws {
    let site = try Site(.init(isSupervised: true))
    let workers = try site.workers()
    let process = try site.gatewayProcess
    process.kill9()
    try process.wait()
    try site.startGateway()
    try eventually("the end of the old workers", within: .seconds(5)) {
      workers.allSatisfy { kill($0, 0) == -1 }
    }
    #expect(try site.send("GET", "/wxpay/health").status == 200)
  }

  @Test func `a terminal's SIGINT, which all processes get, is one orderly stop`() throws {
    let site = try Site(.init(isSupervised: true))
    let process = try site.gatewayProcess
    for worker in try site.workers() { kill(worker, SIGINT) }
    Thread.sleep(forTimeInterval: 0.2)
    #expect(try site.send("GET", "/wxpay/health").status == 200)
    process.send(SIGINT)
    #expect(try process.wait() == .code(0))
    #expect(!site.gatewayLog().contains("worker died"))
  }

  @Test func `a worker inherits its lifeline and the sockets, and no other descriptor`() throws {
    let site = try Site(.init(isSupervised: true))
    let master = try site.gatewayProcess.pid
    func sockets(_ pid: pid_t) throws -> Set<String> {
      let folder = "/proc/\(pid)/fd"
      return Set(
        try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
          try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        }.filter { $0.hasPrefix("socket:") })
    }
    let workers = try site.workers().map { try sockets($0) }
    try #require(workers.count == 2)
    // The three listening sockets and nothing else: neither reads the other's lifeline.
    #expect(try sockets(master).intersection(workers[0]).count == 3)
    #expect(workers[0].intersection(workers[1]).count == 3)
  }
}
