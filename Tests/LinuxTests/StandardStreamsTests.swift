import Foundation
import Testing

@testable import Linux

@Suite struct StandardStreamsTests {
  @Test func `closed streams are opened, and what is printed is known to be lost`() async {
    await #expect(processExitsWith: .exitCode(74)) {
      for stream in 0...2 as ClosedRange<Int32> { close(stream) }
      StandardStreams.open()
      for stream in 0...2 {
        var buffer = [CChar](repeating: 0, count: 100)
        guard readlink("/proc/self/fd/\(stream)", &buffer, 99) == 9 else { exit(3) }
      }
      StandardStreams.checkOutputAtExit()
      print("a token")
      exit(0)
    }
  }

  @Test func `a full disk is an error, also for little output`() async {
    await #expect(processExitsWith: .exitCode(74)) {
      dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO)
      StandardStreams.checkOutputAtExit()
      print("a token")
      exit(0)
    }
  }

  @Test func `what could be written changes no exit code`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      StandardStreams.open()
      StandardStreams.checkOutputAtExit()
      print("a token")
      exit(7)
    }
  }

  @Test func `memory is closed to others`() async {
    await #expect(processExitsWith: .success) {
      forbidInspection()
      guard isInspectionForbidden else { exit(3) }
    }
  }
}
