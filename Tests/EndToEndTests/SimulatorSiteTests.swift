import TestSupport
import Testing

/// WeChat's hosts as `nginx/simulator.conf` presents them.
@Suite struct SimulatorSiteTests {
  private let folder: TemporaryFolder
  private let authority: CertificateAuthority
  private let recorder: FastCGIRecorder
  private let nginx: Nginx
  private let client: CurlCommand

  init() throws {
    folder = try TemporaryFolder()
    authority = try CertificateAuthority(in: folder.path)
    recorder = try FastCGIRecorder(
      path: folder.file("simulator.sock"), answer: "Content-Type: text/xml\r\n\r\n<xml/>")
    nginx = try Nginx(
      simulator: Nginx.Simulator(
        socket: folder.file("simulator.sock"), certificate: authority.server(["127.0.0.1"]),
        clientAuthorityFile: authority.certificateFile))
    client = CurlCommand(authorityFile: authority.certificateFile)
  }

  private func identity(_ identity: CertificateAuthority.Identity) -> [String] {
    ["--cert", identity.certificateFile, "--key", identity.privateKeyFile]
  }

  @Test func `every path has its route`() throws {
    let merchant = try identity(authority.client("1230000109"))
    for (path, route) in [
      ("/sns/jscode2session?appid=1", "login"), ("/pay/unifiedorder", "pay"),
      ("/secapi/pay/refund", "secapi"), ("/_control/pay", "control"),
    ] {
      #expect(try client.send(nginx.simulatorURL + path, merchant).status == 200)
      #expect(recorder.recordings.last?.values("WEIXINPAY_ROUTE") == [route])
      #expect(recorder.recordings.last?.parameters.last?.name == "WEIXINPAY_END")
    }
    #expect(try client.send(nginx.simulatorURL + "/other", merchant).status == 404)
  }

  @Test func `a refund without the merchant's certificate is refused as WeChat refuses it`() throws
  {
    let answer = try client.send(nginx.simulatorURL + "/secapi/pay/refund", ["-d", "<xml/>"])
    #expect(answer.status == 400)
    #expect(answer.body.contains("<title>400 No required SSL certificate was sent</title>"))
    #expect(answer.body.contains("<hr><center>nginx</center>"))
    #expect(recorder.recordings.isEmpty)
  }

  @Test(arguments: ["/secapi/pay/refund", "/pay/unifiedorder"])
  func `a stranger's certificate is refused`(path: String) throws {
    let stranger = try CertificateAuthority(in: folder.path, name: "stranger").client("1230000109")
    let answer = try client.send(nginx.simulatorURL + path, identity(stranger) + ["-d", "<xml/>"])
    #expect(answer.status == 400)
    #expect(answer.body.contains("The SSL certificate error"))
    #expect(recorder.recordings.isEmpty)
  }

  @Test(arguments: ["/sns/jscode2session", "/pay/refundquery", "/secapi/pay/refund"])
  func `where the simulator drops a request, the client gets no answer`(path: String) throws {
    let folder = try TemporaryFolder()
    let dropper = try FastCGIRecorder(
      path: folder.file("simulator.sock"), answer: "Status: 599\r\n\r\n")
    let nginx = try Nginx(
      simulator: Nginx.Simulator(
        socket: folder.file("simulator.sock"), certificate: authority.server(["127.0.0.1"]),
        clientAuthorityFile: authority.certificateFile))
    let merchant = try identity(authority.client("1230000109"))
    #expect(try client.send(nginx.simulatorURL + path, merchant + ["-d", "<xml/>"]).status == 0)
    #expect(dropper.recordings.count == 1)
  }

  @Test func `other machines cannot play WeChat`() throws {
    let elsewhere = ["--interface", "127.0.0.2"]
    #expect(try client.send(nginx.simulatorURL + "/_control/pay", elsewhere).status == 403)
    #expect(recorder.recordings.isEmpty)
  }
}
