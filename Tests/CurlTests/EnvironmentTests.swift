import Curl
import Foundation
import TestSupport
import Testing

/// Each in a process of its own, as the environment belongs to the whole process.
@Suite struct EnvironmentTests {
  @Test func `proxies, netrc and authorities of the environment have no effect`() async throws {
    let scene = try Scene.shared()
    let server = try scene.server { $0.serve("") }
    try scene.folder.write("default login user password secret\n", to: ".netrc")
    let port = try freePort()
    await #expect(processExitsWith: .success) {
      [
        url = server.url as String, caFile = scene.authority.certificateFile as String,
        home = scene.folder.path as String, proxy = "http://127.0.0.1:\(port)" as String
      ] in
      for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        setenv(name, proxy, 1)
      }
      for name in ["no_proxy", "NO_PROXY"] { unsetenv(name) }
      setenv("HOME", home, 1)
      signal(SIGPIPE, SIG_IGN)

      var trusting = try Session(SessionOptions(caFile: caFile))
      #expect(try trusting.send(.refund(to: url)).status == 200)

      // Naming an authority here does not make it trusted.
      for name in ["SSL_CERT_FILE", "CURL_CA_BUNDLE"] { setenv(name, caFile, 1) }
      setenv("SSL_CERT_DIR", home, 1)
      var session = try Session(SessionOptions())
      #expect(try session.failToPost(to: url).code == 60)
    }
    #expect(server.count("POST") == 1)
    #expect(server.received.allSatisfy { !$0.contains("Authorization") })
  }
}
