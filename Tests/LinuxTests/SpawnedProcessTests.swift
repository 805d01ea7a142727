import Foundation
import Linux
import Testing

@Suite struct SpawnedProcessTests {
  private func shell(
    _ script: String, environment: [String] = [], inheriting descriptors: [Int32] = []
  ) throws -> SpawnedProcess {
    try SpawnedProcess.start(
      "/bin/sh", ["-c", script], environment: environment, inheriting: descriptors)
  }

  @Test func `how a process ended is told`() throws {
    #expect(try shell("exit 7").wait() == .code(7))
    #expect(try shell("kill -9 $$").wait() == .signal(9))
    let sleeper = try shell("exec sleep 60")
    sleeper.kill9()
    #expect(sleeper.wait() == .signal(SIGKILL))
  }

  @Test func `a program that is not there is an error here, not an ending there`() {
    let error = #expect(throws: LinuxError.self) {
      try SpawnedProcess.start("/nowhere", [], environment: [], inheriting: [])
    }
    #expect(error?.code == ENOENT)
  }

  @Test func `the environment is the one that was given`() throws {
    #expect(
      try shell("[ \"$A\" = 1 ] && [ -z \"$HOME\" ]", environment: ["A=1"]).wait() == .code(0))
  }

  @Test func `descriptors arrive in their order, whatever their numbers here`() throws {
    let (a, b) = try Lifeline.pair()
    let (c, d) = try Lifeline.pair()
    // Each way round: were they moved one after the other, one would cover the other.
    for (first, second) in [(b, d), (d, b)] {
      let child = try shell(
        "printf 1 >&3; printf 2 >&4", inheriting: [first.descriptor, second.descriptor])
      #expect(child.wait() == .code(0))
      #expect((first === b ? a : c).receive() == .byte(UInt8(ascii: "1")))
      #expect((first === b ? c : a).receive() == .byte(UInt8(ascii: "2")))
    }
  }

  @Test func `no other descriptor arrives, however it was opened`() throws {
    let stray = open("/dev/null", O_RDONLY)
    defer { close(stray) }
    let (ours, theirs) = try Lifeline.pair()
    // Descriptor 4 up to the shell's own.
    let child = try shell(
      "for f in /proc/$$/fd/*; do case ${f##*/} in 0|1|2|3) ;; *) [ -e $f ] && exit 9 ;; esac; done; exit 0",
      inheriting: [theirs.descriptor])
    #expect(child.wait() == .code(0))
    withExtendedLifetime((ours, theirs)) {}
  }

  @Test func `a lifeline ends with the process that has its other end`() throws {
    let (ours, child) = try childWithLifeline()
    // Another child does not keep it open.
    let stranger = try shell("exec sleep 60")
    #expect(Lifeline.wait(for: [ours], until: .now + .milliseconds(50)) == [])
    child.kill9()
    #expect(Lifeline.wait(for: [ours], until: .now + .seconds(10)) == [0])
    #expect(ours.receive() == .ended)
    _ = child.wait()
    stranger.kill9()
    _ = stranger.wait()
  }

  private func childWithLifeline() throws -> (Lifeline, SpawnedProcess) {
    let (ours, theirs) = try Lifeline.pair()
    return (ours, try shell("exec sleep 60", inheriting: [theirs.descriptor]))
  }
}
