import Foundation
import TestSupport

/// The `curl` command: a client that is not ours.
struct CurlCommand {
  struct Answer {
    /// 0 when there was no answer.
    let status: Int
    let body: String
  }

  /// The authority (PEM file) that the server's certificate has to come from.
  let authorityFile: String

  /// Sends one request; `arguments` are curl's.
  func send(_ url: String, _ arguments: [String]) throws -> Answer {
    let folder = try TemporaryFolder()
    let output = try run(["-o", folder.file("body")] + arguments + [url])
    return Answer(
      status: Int(output) ?? 0,
      body: (try? String(contentsOfFile: folder.file("body"), encoding: .utf8)) ?? "")
  }

  /// Sends the same request to each of `urls`; the status of each answer.
  func statuses(_ urls: [String], _ arguments: [String]) throws -> [Int] {
    let folder = try TemporaryFolder()
    let list = urls.map { "url = \($0)\noutput = /dev/null\n" }.joined()
    try folder.write(list, to: "urls")
    let output = try run(["-K", folder.file("urls")] + arguments)
    return output.split(separator: "\n").compactMap { Int($0) }
  }

  /// The status of each answer, one per line.
  private func run(_ arguments: [String]) throws -> String {
    let folder = try TemporaryFolder()
    let child = try ChildProcess.start(
      "curl",
      ["--silent", "--cacert", authorityFile, "--write-out", #"%{http_code}\n"#] + arguments,
      log: folder.file("output"), removing: folder)
    try child.wait(patience: .seconds(60))
    let output = try String(contentsOfFile: folder.file("output"), encoding: .utf8)
    return output.trimmingCharacters(in: .newlines)
  }
}
