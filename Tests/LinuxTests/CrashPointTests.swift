import Foundation
import Linux
import Testing

@Suite struct CrashPointTests {
  @Test func `a process dies at the crash point it is told, without a word`() async {
    await #expect(processExitsWith: .signal(SIGKILL)) {
      setenv("WEIXINPAY_CRASH_POINT", "N3", 1)
      atexit { _exit(7) }
      crashPoint("N3")
    }
  }

  @Test func `a process survives the other points`() async {
    await #expect(processExitsWith: .success) {
      setenv("WEIXINPAY_CRASH_POINT", "N3", 1)
      crashPoint("N2")
      crashPoint("N33")
    }
    await #expect(processExitsWith: .success) {
      unsetenv("WEIXINPAY_CRASH_POINT")
      crashPoint("N3")
    }
  }

  @Test func `a process dies at the third pass when told so`() async {
    await #expect(processExitsWith: .success) {
      setenv("WEIXINPAY_CRASH_POINT", "N3:3", 1)
      for _ in 1...2 { crashPoint("N3") }
    }
    await #expect(processExitsWith: .signal(SIGKILL)) {
      setenv("WEIXINPAY_CRASH_POINT", "N3:3", 1)
      for _ in 1...3 { crashPoint("N3") }
    }
  }

  @Test(arguments: ["N3:", "N3:0", "N3:-1", "N3:x", ":1"])
  func `a setting that would silently do nothing stops the process`(setting: String) async {
    await #expect(processExitsWith: .failure) { [setting] in
      setenv("WEIXINPAY_CRASH_POINT", setting, 1)
      crashPoint("N3")
    }
  }
}
