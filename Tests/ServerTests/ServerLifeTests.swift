import FastCGI
import Foundation
import Linux
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Server

@Suite struct ServerLifeTests {
  @Test func `an idle server stops within half a second and takes its socket along`() throws {
    let server = try TestServer(workers: 32)
    _ = try server.timeOfPlainRequest()
    let start = ContinuousClock.now
    #expect(server.stop() == .drained)
    #expect(.now - start < .milliseconds(500))
    #expect(!FileManager.default.fileExists(atPath: server.path))
    #expect(throws: TestSupportError.self) { try server.client() }
  }

  @Test func `a stopping server answers what was accepted and what waits, and takes no more`()
    throws
  {
    let gate = DispatchSemaphore(value: 0)
    let server = try TestServer(workers: 1) { request in
      gate.wait()
      return Response(status: 200, body: request.body)
    }
    let busy = try server.client()
    busy.send(FastCGIRecords.request(body: [0x31]))
    try eventually("the handler") { server.handled.count == 1 }
    let waiting = try server.client()
    waiting.send(FastCGIRecords.request(body: [0x32]))

    server.beginStop()
    #expect(throws: TestSupportError.self) { try server.client() }
    gate.signal()
    gate.signal()
    #expect(try busy.reply().body == "1")
    #expect(try waiting.reply().body == "2")
    #expect(server.stop() == .drained)
  }

  @Test func `a server does not wait for ever for a worker that hangs, and says so`() throws {
    let gate = DispatchSemaphore(value: 0)
    let server = try TestServer(workers: 2, patience: .milliseconds(100)) { _ in
      gate.wait()
      return Response(status: 200)
    }
    let client = try server.client()
    client.send(FastCGIRecords.request())
    try eventually("the handler") { server.handled.count == 1 }
    #expect(server.stop() == .abandoned(workers: 1))
    gate.signal()
    #expect(try client.reply().status == 200)
  }

  @Test func `a server that was stopped before its run ends at once`() throws {
    let folder = try TemporaryFolder()
    let server = try Server(
      listeners: [listener(folder.file("a.sock"))], allowedUserIDs: [geteuid()], logger: .silent
    ) { _, _ in Response(status: 200) }
    server.stop()
    server.stop()
    #expect(server.run() == .drained)
  }

  @Test func `a second server does not take the sockets of the first`() throws {
    let server = try TestServer()
    #expect(throws: FastCGIError.socketInUse(path: server.path)) {
      try Server(
        listeners: [listener(server.path)], allowedUserIDs: [geteuid()], logger: .silent
      ) { _, _ in Response(status: 200) }
    }
    _ = try server.timeOfPlainRequest()
  }

  @Test func `a server that cannot open its last socket keeps none`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FastCGIError.self) {
      try Server(
        listeners: [
          listener(folder.file("a.sock")), listener(folder.file("missing/b.sock")),
        ], allowedUserIDs: [geteuid()], logger: .silent
      ) { _, _ in Response(status: 200) }
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("a.sock")))
  }

  @Test func `a successor may listen while its predecessor still drains`() throws {
    let gate = DispatchSemaphore(value: 0)
    let server = try TestServer(workers: 1) { _ in
      gate.wait()
      return Response(status: 200)
    }
    let client = try server.client()
    client.send(FastCGIRecords.request())
    try eventually("the handler") { server.handled.count == 1 }
    server.beginStop()
    let successor = try ListeningSocket(path: server.path)
    gate.signal()
    #expect(server.stop() == .drained)
    #expect(try client.reply().status == 200)
    _ = try FastCGIClient(path: server.path)
    successor.close()
  }

  @Test func `a peer under another account is refused`() throws {
    let server = try TestServer(allowedUserIDs: [geteuid() + 1])
    #expect(try server.exchange(FastCGIRecords.request()).standardOutput.isEmpty)
    #expect(server.handled.isEmpty)
  }

  @Test func `workers outlive a shortage of descriptors and report it once a second`() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let lines = Lines()
      let together = Atomic<Int>(0)
      let listener = Listener(
        name: "api", path: folder.file("a.sock"), workers: 16, deadline: .seconds(4))
      let server = try Server(
        listeners: [listener], allowedUserIDs: [geteuid()],
        logger: Logger(label: "test") { _ in
          LineLogHandler(format: .logfmt, logLevel: .info) { lines.append($0) }
        }
      ) { _, _ in
        together.add(1, ordering: .relaxed)
        // Goes on only when all sixteen workers are in here.
        while together.load(ordering: .relaxed) < 16 { usleep(1000) }
        return Response(status: 200)
      }
      let clients = try (0..<16).map { _ in try FastCGIClient(path: listener.path) }
      for client in clients { client.send(FastCGIRecords.request()) }

      // Fewer than are open already: none of the connections can be accepted.
      let plenty = limitDescriptors(to: 3)
      let run = try NativeThread.start(name: "run") { server.run() }
      usleep(300_000)
      guard together.load(ordering: .relaxed) == 0, lines.all.count == 1 else { exit(3) }
      _ = limitDescriptors(to: plenty)
      for client in clients {
        guard try client.reply().status == 200 else { exit(4) }
      }
      server.stop()
      run.join()
    }
  }

  @Test(.enabled(if: !isSanitized, "The search for leaks needs a thread, too."))
  func `without threads for all workers the server ends and says why`() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      becomeUnprivileged(keeping: folder)
      let listener = Listener(
        name: "api", path: folder.file("a.sock"), workers: 4000, deadline: .seconds(4))
      let server = try Server(
        listeners: [listener], allowedUserIDs: [geteuid()], logger: .silent
      ) { _, _ in Response(status: 200) }
      try limitThreads(toMore: 100)
      guard case .outOfThreads(let error) = server.run(), error.code == EAGAIN else { exit(3) }
      guard !FileManager.default.fileExists(atPath: listener.path) else { exit(4) }
    }
  }

  @Test(.enabled(if: !isSanitized, "The search for leaks needs a thread, too."))
  func `without threads for all workers, who shares a socket leaves it to the others`() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      becomeUnprivileged(keeping: folder)
      let owner = try ListeningSocket(path: folder.file("a.sock"))
      let healthy = try shareholder(of: owner, workers: 2)
      // Its threads are there before the others take what is left.
      let serving = DispatchSemaphore(value: 0)
      let run = try NativeThread.start(name: "run") { healthy.run { serving.signal() } }
      guard serving.wait(timeout: .now() + .seconds(60)) == .success else { exit(7) }
      let starved = try shareholder(of: owner, workers: 4000)
      try limitThreads(toMore: 100)
      guard case .outOfThreads = starved.run() else { exit(3) }
      for _ in 0..<2 {
        let client = try FastCGIClient(path: owner.path)
        client.send(FastCGIRecords.request())
        guard try client.reply().status == 200 else { exit(4) }
      }
      healthy.leave()
      run.join()
    }
  }

  @Test func `a server whose socket somebody else has closed ends as a failure`() throws {
    let folder = try TemporaryFolder()
    let owner = try ListeningSocket(path: folder.file("a.sock"))
    let other = try ListeningSocket(path: folder.file("b.sock"))
    let sockets = try [owner, other].map { try ListeningSocket(inherited: dup($0.descriptor)) }
    let server = Server(
      sockets, of: [owner, other].map { listener($0.path) }, allowedUserIDs: [geteuid()],
      logger: .silent
    ) { _, _ in Response(status: 200) }
    let ending = server.run { owner.close() }
    #expect(ending == .socketClosed)
    // The socket that was not closed is left to whoever else has it.
    _ = try FastCGIClient(path: other.path)
  }

  @Test func `a server that is told to leave after its socket was closed has done its work`() throws
  {
    let folder = try TemporaryFolder()
    let owner = try ListeningSocket(path: folder.file("a.sock"))
    let server = try shareholder(of: owner, workers: 2)
    let supervisor = Thread {
      owner.close()
      usleep(300_000)
      server.leave()
    }
    #expect(server.run { supervisor.start() } == .drained)
  }

  @Test func `signals mean what they meant before libfcgi`() async {
    await #expect(processExitsWith: .signal(SIGTERM)) {
      let server = try TestServer()
      _ = try server.timeOfPlainRequest()
      kill(getpid(), SIGTERM)
      sleep(30)
    }
    await #expect(processExitsWith: .success) {
      let server = try TestServer()
      _ = try server.timeOfPlainRequest()
      kill(getpid(), SIGPIPE)
      usleep(200_000)
    }
  }

  @Test func `a handler that traps ends the process`() async {
    await #expect(processExitsWith: .failure) {
      let server = try TestServer { _ in preconditionFailure("as if") }
      _ = try server.exchange(FastCGIRecords.request())
    }
  }

  private func listener(_ path: String) -> Listener {
    Listener(name: "api", path: path, workers: 2, deadline: .seconds(4))
  }
}

/// A server that takes connections from a socket beside others.
private func shareholder(of owner: ListeningSocket, workers: Int) throws -> Server {
  let listener = Listener(
    name: "api", path: owner.path, workers: workers, deadline: .seconds(4))
  return Server(
    [try ListeningSocket(inherited: dup(owner.descriptor))], of: [listener],
    allowedUserIDs: [geteuid()], logger: .silent
  ) { _, _ in Response(status: 200) }
}

/// - Returns: the limit until now.
private func limitDescriptors(to count: rlim_t) -> rlim_t {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  let before = limit.rlim_cur
  limit.rlim_cur = count
  setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  return before
}

/// The limit on threads does not bind root: becomes a user who has nothing else.
private func becomeUnprivileged(keeping folder: TemporaryFolder) {
  guard geteuid() == 0 else { return }
  let user = uid_t.random(in: 100_000..<1_000_000_000)
  guard chown(folder.path, user, user) == 0, setuid(user) == 0 else { exit(5) }
}

/// Leaves this user so many threads more than run now, as far as others of its processes do not
/// start or end any.
private func limitThreads(toMore count: Int) throws {
  let files = FileManager.default
  let running = try files.contentsOfDirectory(atPath: "/proc").reduce(0) { sum, process in
    var facts = stat()
    let threads = "/proc/\(process)/task"
    guard stat(threads, &facts) == 0, facts.st_uid == geteuid() else { return sum }
    return sum + ((try? files.contentsOfDirectory(atPath: threads))?.count ?? 0)
  }
  var limit = rlimit()
  limit.rlim_max = rlim_t(running + count)
  limit.rlim_cur = limit.rlim_max
  guard setrlimit(__rlimit_resource_t(__RLIMIT_NPROC.rawValue), &limit) == 0 else { exit(6) }
}
