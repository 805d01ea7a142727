import Dispatch

/// Lets the calling thread rest, as WeChat's manual asks for before a repetition.
func pause(milliseconds: Int) {
  _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
}
