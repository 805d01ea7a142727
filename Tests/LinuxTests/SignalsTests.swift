import Foundation
import Linux
import Testing

@Suite struct SignalsTests {
  @Test func `signals become words for the thread that waits`() async {
    await #expect(processExitsWith: .success) {
      Signals.block()
      for (number, word) in [
        (SIGTERM, Signal.terminate), (SIGINT, .terminate), (SIGHUP, .reload),
      ] {
        // To this thread: those of the test library do not block.
        raise(number)
        guard Signals.wait() == word else { exit(3) }
      }
    }
  }

  @Test func `a write to a closed pipe fails and kills nobody`() async {
    await #expect(processExitsWith: .success) {
      Signals.ignoreBrokenPipe()
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      close(ends[0])
      guard write(ends[1], "a", 1) == -1, errno == EPIPE else { exit(3) }
    }
  }

  @Test func `without a standard error the program goes on`() async {
    await #expect(processExitsWith: .success) {
      Signals.ignoreBrokenPipe()
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      dup2(ends[1], STDERR_FILENO)
      close(ends[0])
      writeToStandardError(Array("nobody reads\n".utf8))
      close(STDERR_FILENO)
      writeToStandardError(Array("nobody reads\n".utf8))
      exit(0)
    }
  }
}
