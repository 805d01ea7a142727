import Foundation
import TestSupport
import Testing

/// The gateway on sockets that somebody else holds open, as systemd does.
@Suite struct ActivationTests {
  /// Opens the sockets that are its first three arguments, hands them to the program that follows,
  /// and starts that again whenever it ends: what systemd does for weixinpay.socket and
  /// weixinpay.service. What the program notifies is printed.
  private static let activator = #"""
    use Socket; use POSIX ();
    my @held = map {
      socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or die;
      bind($socket, pack_sockaddr_un($_)) or die "$_: $!";
      chmod 0660, $_;
      listen($socket, 1024) or die;
      $socket;
    } splice(@ARGV, 0, 3);
    my $notify = shift;
    socket(my $notified, AF_UNIX, SOCK_DGRAM, 0) or die;
    bind($notified, pack_sockaddr_un($notify)) or die "$notify: $!";
    if (fork == 0) {
      $| = 1;
      while (defined recv($notified, my $state, 4096, 0)) { print "notified $state\n" }
      exit;
    }
    while (1) {
      my $child = fork;
      if ($child == 0) {
        # Above all targets first: one must not cover the next.
        my @copies = map { POSIX::dup2(fileno($_), 60 + fileno($_)) } @held;
        POSIX::dup2($copies[$_], 3 + $_) for 0 .. $#copies;
        POSIX::close($_) for @copies;
        @ENV{qw(LISTEN_PID LISTEN_FDS NOTIFY_SOCKET)} = ($$, scalar @held, $notify);
        exec @ARGV or POSIX::_exit(127);
      }
      waitpid $child, 0;
      printf "ended %d\n", $? >> 8;
      sleep 1 if $?;
    }
    """#

  private func activate(_ site: Site, _ options: [String] = []) throws -> ChildProcess {
    let process = try ChildProcess.start(
      "perl",
      ["-e", Self.activator]
        + ["api", "notify", "merchant"].map { site.folder.file("\($0).sock") }
        + [
          site.folder.file("notify-socket"), builtProduct("weixinpay"), "serve", "--config",
          site.configuration,
        ] + options, log: site.folder.file("gateway.log"))
    try eventually("the gateway") { try site.send("GET", "/wxpay/health").status == 200 }
    return process
  }

  /// The supervisor: the activator's child that is the program.
  private func supervisor(of activator: ChildProcess) throws -> pid_t {
    let path = "/proc/\(activator.pid)/task/\(activator.pid)/children"
    let children = try String(contentsOfFile: path, encoding: .utf8).split(separator: " ")
    return try #require(
      children.compactMap { pid_t($0) }.first {
        (try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8)) == "weixinpay\n"
      })
  }

  @Test(arguments: [[], ["--single-process"]])
  func `a restart on sockets that somebody holds fails no request`(options: [String]) throws {
    let site = try Site()
    try site.gatewayProcess.terminate()
    try site.gatewayProcess.wait()
    let activator = try activate(site, options)
    try eventually("its word to systemd") { site.gatewayLog().contains("notified READY=1") }
    let rush = try Rush(site, perSecond: 100)
    for restart in 1...2 {
      Thread.sleep(forTimeInterval: 0.3)
      kill(try supervisor(of: activator), SIGTERM)
      try eventually("restart \(restart)") {
        site.gatewayLog().components(separatedBy: "notified READY=1").count == 2 + restart
      }
    }
    let failed = rush.finish().filter { $0.failure != nil }
    #expect(failed.isEmpty, "\(failed.count): \(failed.prefix(3))")
    #expect(options.isEmpty == site.gatewayLog().contains("notified STOPPING=1"))
    #expect(!site.gatewayLog().contains("ended 7"))
  }

  @Test func `sockets that the settings do not name are refused`() throws {
    let site = try Site()
    try site.gatewayProcess.terminate()
    try site.gatewayProcess.wait()
    let activator = try ChildProcess.start(
      "perl",
      ["-e", Self.activator]
        + ["api", "notify", "other"].map { site.folder.file("\($0).sock") }
        + [
          site.folder.file("notify-socket"), builtProduct("weixinpay"), "serve", "--config",
          site.configuration,
        ], log: site.folder.file("gateway.log"))
    try eventually("the refusal") { site.gatewayLog().contains("ended 78") }
    #expect(site.gatewayLog().contains("listen.merchant.socket: expected one of the open sockets"))
    activator.kill9()
  }
}
