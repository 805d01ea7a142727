import Foundation
import Testing

@testable import Linux

/// A log whose reader stands still, goes away, or comes back.
@Suite struct LineOutputTests {
  private let reader: Int32
  private let writer: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    (reader, writer) = (ends[0], ends[1])
    _ = fcntl(reader, F_SETFD, FD_CLOEXEC)
    _ = fcntl(writer, F_SETFD, FD_CLOEXEC)
  }

  private func write(_ count: Int, to output: LineOutput) {
    for number in 0..<count {
      output.write(Array("line \(number) \(String(repeating: "x", count: 200))\n".utf8)) {
        Array("\($0) lost\n".utf8)
      }
    }
  }

  /// Reads until a line says how many are missing.
  private func readUntilLoss() -> (lines: Int, lost: Int) {
    var text = ""
    var lines = 0
    while true {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = read(reader, &buffer, buffer.count)
      text += String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
      while let end = text.firstIndex(of: "\n") {
        let line = text[..<end]
        if line.hasSuffix(" lost") { return (lines, Int(line.dropLast(5)) ?? -1) }
        lines += 1
        text = String(text[text.index(after: end)...])
      }
      if count <= 0 { return (lines, 0) }
    }
  }

  @Test func `nobody waits for a reader that stands still, and what is lost is counted`() {
    let output = LineOutput(descriptor: writer)
    write(40_000, to: output)
    output.flush(patience: .milliseconds(50))
    let (lines, lost) = readUntilLoss()
    #expect(lines > 1000)
    #expect(lost > 1000)
    #expect(lines + lost == 40_000)
  }

  @Test func `what is handed over before the end is written`() {
    let output = LineOutput(descriptor: writer)
    write(100, to: output)
    output.flush(patience: .seconds(60))
    close(writer)
    #expect(readUntilLoss() == (100, 0))
  }

  @Test func `a descriptor that refuses lines loses them, and hears of it later`() async {
    await #expect(processExitsWith: .success) {
      Signals.ignoreBrokenPipe()
      let full = open("/dev/full", O_WRONLY)
      let output = LineOutput(descriptor: full)
      func say() {
        output.write(Array("a line\n".utf8)) { Array("\($0) lost\n".utf8) }
        output.flush(patience: .seconds(60))
      }
      for _ in 0..<3 { say() }
      let path = "/tmp/weixinpay-log-\(getpid())"
      let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
      dup2(file, full)
      say()
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      unlink(path)
      guard text == "a line\n3 lost\n" else { exit(3) }
    }
  }
}
