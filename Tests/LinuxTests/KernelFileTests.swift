import Testing

@testable import Linux

@Suite struct KernelFileTests {
  /// The kernel gives it in many readings of a page each.
  @Test func `a list of the kernel is read to its end`() throws {
    let list = String(decoding: try contentsOfKernelFile("/proc/kallsyms"), as: UTF8.self)
    #expect(list.utf8.count > 100_000)
    #expect(list.hasSuffix("\n"))
  }

  @Test func `what cannot be opened is an error`() {
    #expect(throws: LinuxError.self) { try contentsOfKernelFile("/proc/no-such-file") }
  }
}
