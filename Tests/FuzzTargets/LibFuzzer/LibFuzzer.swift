/// Hands libFuzzer's inputs to `body` until libFuzzer's own limits end the process.
///
/// libFuzzer's usual way is to bring the main function itself, which the package manager, having
/// renamed it, would not find. Source: LibFuzzer, Using libFuzzer as a library.
package func fuzz(_ body: @escaping ([UInt8]) -> Void) {
  target = body
  var count = CommandLine.argc
  var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
  _ = runDriver(&count, &arguments) { start, count in
    target(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
  }
}

/// A C function cannot capture; libFuzzer calls it on one thread.
nonisolated(unsafe) private var target: ([UInt8]) -> Void = { _ in }

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
