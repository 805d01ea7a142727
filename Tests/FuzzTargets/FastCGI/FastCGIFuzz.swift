import LibFuzzer

@testable import FastCGI

/// Inspects bytes that libFuzzer makes up as a FastCGI request. No input may end the process, and
/// the verdict must not depend on the pieces in which the bytes arrive.
@main struct FastCGIFuzz {
  static func main() { fuzz { inspect($0) } }

  private static func inspect(_ bytes: [UInt8]) {
    let whole = verdict([bytes])
    let single = verdict(bytes.map { [$0] })
    let half = bytes.count / 2
    let two = verdict([Array(bytes.prefix(half)), Array(bytes.dropFirst(half))])
    guard whole == single, whole == two else {
      fatalError("In one piece: \(whole); byte by byte: \(single); in two pieces: \(two).")
    }
  }

  private static func verdict(_ pieces: [[UInt8]]) -> String {
    var inspection = RequestInspection(maximumBody: 65_536)
    do {
      for piece in pieces { try inspection.consume(piece) }
      return inspection.isWhole ? "whole" : "not whole yet"
    } catch {
      return "\(error)"
    }
  }
}
