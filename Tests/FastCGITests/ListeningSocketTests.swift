import Foundation
import TestSupport
import Testing

@testable import FastCGI

@Suite struct ListeningSocketTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("api.sock")
  }

  @Test(arguments: [0o600, 0o660, 0o666] as [UInt32])
  func `the file has the mode it is asked to have`(mode: UInt32) throws {
    let socket = try ListeningSocket(path: path, mode: mode)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? UInt32 == mode)
    socket.close()
  }

  /// The group weixinpay-nginx has the folder (mode 2750) and nginx's user as its member; the gateway's
  /// user is in it by neither way.
  @Test(.enabled(if: geteuid() == 0, "only root can become other users"))
  func `a socket has the group of its folder, whose members alone can connect`() throws {
    let (gateway, nginx, ofSockets) = (61_001 as uid_t, 61_002 as uid_t, 61_003 as gid_t)
    let run = folder.file("run")
    chmod(folder.path, 0o755)
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: false)
    chown(run, gateway, ofSockets)
    chmod(run, 0o2750)
    let socket = try ListeningSocket(path: run + "/api.sock")
    defer { socket.close() }
    var status = stat()
    stat(socket.path, &status)
    #expect(status.st_gid == ofSockets)
    #expect(status.st_mode & 0o7777 == 0o660)
    func connects(_ user: uid_t, groups: String) throws -> Bool {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
      process.arguments = [
        "--reuid=\(user)", "--regid=\(user)", "--groups=\(groups)", "perl", "-MSocket", "-e",
        "socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un($ARGV[0])) or exit 1",
        socket.path,
      ]
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus == 0
    }
    #expect(try connects(nginx, groups: "\(nginx),\(ofSockets)"))
    #expect(try !connects(nginx, groups: "\(nginx)"))
    // The group of the keys opens no socket.
    #expect(try !connects(nginx, groups: "\(nginx),\(gateway)"))
  }

  @Test func `a living socket is not pushed aside`() throws {
    let first = try ListeningSocket(path: path)
    #expect(throws: FastCGIError.socketInUse(path: path)) { try ListeningSocket(path: path) }
    // Not even when so many wait that it takes nobody any more.
    let second = try ListeningSocket(path: folder.file("full.sock"), backlog: 1)
    var waiting: [FastCGIClient] = []
    for _ in 0..<2 { waiting.append(try FastCGIClient(path: second.path)) }
    #expect(throws: FastCGIError.socketInUse(path: second.path)) {
      try ListeningSocket(path: second.path)
    }
    _ = try FastCGIClient(path: path)
    first.close()
    second.close()
  }

  @Test func `what a dead process left is replaced`() throws {
    try leaveDeadSocket()
    let socket = try ListeningSocket(path: path)
    _ = try FastCGIClient(path: path)
    socket.close()
  }

  @Test func `a file that is no socket is left alone`() throws {
    try folder.write("precious", to: "api.sock")
    #expect(throws: FastCGIError.notASocket(path: path)) { try ListeningSocket(path: path) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
  }

  @Test func `a symbolic link is left alone`() throws {
    try FileManager.default.createSymbolicLink(
      atPath: path, withDestinationPath: folder.file("elsewhere.sock"))
    #expect(throws: FastCGIError.notASocket(path: path)) { try ListeningSocket(path: path) }
  }

  @Test func `a path that is too long is refused by name`() {
    let long = "/tmp/" + String(repeating: "a", count: 103)
    #expect(throws: FastCGIError.pathTooLong(path: long)) { try ListeningSocket(path: long) }
  }

  @Test func `a folder that is missing is named`() {
    let missing = folder.file("missing/api.sock")
    let error = #expect(throws: FastCGIError.self) { try ListeningSocket(path: missing) }
    #expect(error?.description.contains("No such file or directory") == true)
  }

  @Test func `closing removes the file, and a second time nothing`() throws {
    let first = try ListeningSocket(path: path)
    first.close()
    #expect(!FileManager.default.fileExists(atPath: path))
    let second = try ListeningSocket(path: path)
    first.close()
    _ = try FastCGIClient(path: path)
    second.close()
  }

  @Test func `closing does not remove a file that somebody else put there`() throws {
    let socket = try ListeningSocket(path: path)
    try FileManager.default.removeItem(atPath: path)
    try folder.write("precious", to: "api.sock")
    socket.close()
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
  }

  @Test func `of many that start at once on a dead socket one wins and stays reachable`() throws {
    try leaveDeadSocket()
    let sockets = try concurrently(8) { [path] _ in try? ListeningSocket(path: path) }
      .compactMap { $0 }
    #expect(sockets.count == 1)
    _ = try FastCGIClient(path: path)
    for socket in sockets { socket.close() }
  }

  @Test func `children do not inherit the socket`() throws {
    let socket = try ListeningSocket(path: path)
    let ours = (3..<4096 as Range<Int32>).filter { localPath($0) == path }
    #expect(ours.count == 1)
    for descriptor in ours { #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0) }
    socket.close()
  }

  @Test func `who leaves a shared socket leaves what waits to the others`() throws {
    let owner = try ListeningSocket(path: path)
    let first = try ListeningSocket(inherited: dup(owner.descriptor))
    let second = try ListeningSocket(inherited: dup(owner.descriptor))
    #expect(first.path == path)
    let waiting = try FastCGIClient(path: path)
    first.leave()
    #expect(!takesConnection(first))
    #expect(takesConnection(second))
    _ = waiting
    _ = try FastCGIClient(path: path)
    owner.close()
  }

  @Test func `a thread that waits at a shared socket comes back when its process leaves`() throws {
    let owner = try ListeningSocket(path: path)
    let shared = try ListeningSocket(inherited: dup(owner.descriptor))
    let ended = DispatchSemaphore(value: 0)
    for _ in 0..<3 {
      let thread = Thread {
        if !takesConnection(shared) { ended.signal() }
      }
      thread.start()
    }
    #expect(ended.wait(timeout: .now() + .milliseconds(50)) == .timedOut)
    shared.leave()
    for _ in 0..<3 { #expect(ended.wait(timeout: .now() + .seconds(10)) == .success) }
    _ = try FastCGIClient(path: path)
    owner.close()
  }

  @Test func `what waits in a socket that was closed is taken, even by who is leaving`() throws {
    let owner = try ListeningSocket(path: path)
    let shared = try ListeningSocket(inherited: dup(owner.descriptor))
    let waiting = try (0..<2).map { _ in try FastCGIClient(path: path) }
    owner.close()
    shared.leave()
    #expect(takesConnection(shared))
    #expect(takesConnection(shared))
    #expect(!takesConnection(shared))
    _ = waiting
  }

  @Test func `an inherited socket that is let go stays open for the others`() throws {
    let owner = try ListeningSocket(path: path)
    do { _ = try ListeningSocket(inherited: dup(owner.descriptor)) }
    _ = try FastCGIClient(path: path)
    owner.close()
  }

  @Test func `who gives up closes his own socket, and leaves an inherited one to the others`()
    throws
  {
    let owner = try ListeningSocket(path: path)
    let shared = try ListeningSocket(inherited: dup(owner.descriptor))
    shared.giveUp()
    #expect(!takesConnection(shared))
    let waiting = try FastCGIClient(path: path)
    #expect(takesConnection(owner))
    _ = waiting
    owner.giveUp()
    #expect(!takesConnection(owner))
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `what is no listening socket with a path is not inherited`() throws {
    let file = open("/dev/null", O_RDONLY)
    let stream = Int32(SOCK_STREAM.rawValue)
    let unbound = socket(AF_UNIX, stream, 0)
    let internet = socket(AF_INET, stream, 0)
    listen(internet, 1)
    let datagrams = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    for descriptor in [file, unbound, internet, datagrams, 4000] {
      #expect(throws: FastCGIError.notListening(descriptor: descriptor)) {
        try ListeningSocket(inherited: descriptor)
      }
    }
    for descriptor in [file, unbound, internet, datagrams] { #expect(Glibc.close(descriptor) == 0) }
  }

  @Test(.enabled(if: geteuid() == 0, "Only root can be somebody else."))
  func `a third account cannot connect`() throws {
    let socket = try ListeningSocket(path: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
    child.arguments = [
      "--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-MSocket", "-e",
      """
      socket(my $s, PF_UNIX, SOCK_STREAM, 0) or exit 1;
      exit(connect($s, pack_sockaddr_un($ARGV[0])) ? 2 : $!{EACCES} ? 3 : 4);
      """, path,
    ]
    try child.run()
    child.waitUntilExit()
    #expect(child.terminationStatus == 3)
    socket.close()
  }

  /// Where a socket is bound; nil when the descriptor is no socket at a path.
  private func localPath(_ descriptor: Int32) -> String? {
    var address = sockaddr_un()
    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let outcome = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    guard outcome == 0, address.sun_family == AF_UNIX else { return nil }
    return withUnsafeBytes(of: address.sun_path) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  private func leaveDeadSocket() throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    let address = try SocketAddress(path: path)
    #expect(address.withPointer { bind(descriptor, $0, $1) } == 0)
  }
}

/// Whether somebody waited; the connection is closed at once.
private func takesConnection(_ socket: ListeningSocket) -> Bool {
  switch socket.accept() {
  case .connection: true
  case .closed: false
  case .failed: false
  }
}
