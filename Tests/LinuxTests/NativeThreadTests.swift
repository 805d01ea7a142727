import Foundation
import Linux
import Synchronization
import Testing

@Suite struct NativeThreadTests {
  @Test func `a thread runs its work and is waited for`() throws {
    let sum = Atomic<Int>(0)
    let threads = try (1...50).map { number in
      try NativeThread.start(name: "adder") {
        usleep(1000)
        sum.add(number, ordering: .relaxed)
      }
    }
    for thread in threads { thread.join() }
    #expect(sum.load(ordering: .relaxed) == 1275)
  }

  @Test func `a thread that is left to itself still runs its work`() throws {
    let done = DispatchSemaphore(value: 0)
    let go = DispatchSemaphore(value: 0)
    let thread = try NativeThread.start(name: "alone") {
      go.wait()
      done.signal()
    }
    thread.detach()
    go.signal()
    #expect(done.wait(timeout: .now() + 30) == .success)
  }

  @Test func `a thread has the beginning of its name`() throws {
    let name = Mutex("")
    let thread = try NativeThread.start(name: "merchant-listener-12") {
      let text = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
      name.withLock { $0 = text ?? "" }
    }
    thread.join()
    #expect(name.withLock { $0 } == "merchant-listen\n")
  }

  @Test func `a stack that cannot be is refused`() {
    let error = #expect(throws: LinuxError.self) {
      try NativeThread.start(name: "small", stackBytes: 1) {}
    }
    #expect(error?.code == EINVAL)
    #expect(error?.description == "pthread_attr_setstacksize (small, 1 bytes): Invalid argument")
  }

  @Test func `signals do not interrupt a thread, faults still do`() throws {
    let blocked = Mutex<[Int32]>([])
    let before = blockedSignals()
    let thread = try NativeThread.start(name: "masked") {
      let numbers = blockedSignals()
      blocked.withLock { $0 = numbers }
    }
    thread.join()
    let numbers = blocked.withLock { $0 }
    for number in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE, SIGALRM] {
      #expect(numbers.contains(number))
    }
    for number in [SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE] {
      #expect(!numbers.contains(number))
    }
    #expect(blockedSignals() == before, "Where it was started, nothing has changed.")
  }
}

private func blockedSignals() -> [Int32] {
  var mask = sigset_t()
  pthread_sigmask(SIG_BLOCK, nil, &mask)
  return (1...31).filter { sigismember(&mask, $0) == 1 }
}
