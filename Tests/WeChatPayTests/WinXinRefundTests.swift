import Curl
import Payments
import Pooling
import TestSupport
import Testing

@testable import WeChatPay

/// The conversation about refunds over real TLS, with hosts that answer what a test gave them.
@Suite struct WinXinRefundTests {
  private let standIns: StandIns
  private let identity: CertificateAuthority.Identity
  private static let path = "/secapi/pay/refund"

  init() throws {
    standIns = try StandIns()
    identity = try standIns.authority.client("1900000109")
  }

  private func conversation(
    _ hosts: WeChatHosts, merchant: Merchant = Sample.merchant(), sessions: Pool<Session>? = nil
  ) -> WinXinRefund {
    WinXinRefund(
      merchant: merchant, hosts: hosts,
      identitySessions: sessions ?? standIns.identitySessions(identity),
      deadline: .now + .seconds(20))
  }

  private func answer(_ fields: Fields, _ type: SignType = .md5) -> [UInt8] {
    var answer: Fields = [
      "return_code": "SUCCESS", "appid": "wx0123456789abcdef", "mch_id": "1900000109",
      "nonce_str": "N1", "result_code": "SUCCESS",
    ]
    for (name, value) in fields { answer[name] = value }
    return FlatXML.write(Sample.signed(answer, type))
  }

  private let accepted: Fields = [
    "transaction_id": "4200001952202606044309990415", "out_trade_no": "T20260101-000001",
    "out_refund_no": "R20260101-1@1", "refund_id": "50300000000000000000000000001",
    "refund_fee": "10", "total_fee": "29", "cash_fee": "29",
  ]

  private func failure(
    _ hosts: WeChatHosts, sessions: Pool<Session>? = nil
  ) throws -> WeChatPayError {
    try #require(throws: WeChatPayError.self) {
      try conversation(hosts, sessions: sessions).refund(Sample.refund())
    }
  }

  // MARK: One call, one message

  @Test func `a refund is sent as recorded, signed, and repeated with the same words`() throws {
    let host = try standIns.host([Self.path: .page(answer(accepted))])
    let refund = try Sample.refund()
    for _ in 0..<2 {
      let refundID = try conversation(standIns.hosts(host.url))
        .refund(ApplyRefund(stored: refund.stored))
      #expect(refundID.text == "50300000000000000000000000001")
    }
    try host.waitForRequests(2)
    var nonces: Set<String> = []
    for request in host.received {
      #expect(request.line == "POST /secapi/pay/refund")
      var fields = try FlatXML.read(Array(request.body.utf8))
      try Signature.verify(fields, key: Sample.key, expected: .md5)
      nonces.insert(try #require(fields["nonce_str"]))
      fields["nonce_str"] = nil
      fields["sign"] = nil
      #expect(fields == refund.fields)
    }
    #expect(nonces.count == 2)
  }

  @Test func `a refund keeps its algorithm when the merchant's has changed`() throws {
    let host = try standIns.host([Self.path: .page(answer(accepted, .hmacSHA256))])
    let refund = try Sample.refund(merchant: Sample.merchant(signType: .hmacSHA256))
    #expect(try conversation(standIns.hosts(host.url)).refund(refund).text.hasPrefix("503"))
  }

  @Test func `a recorded answer is taken for the refund it is about`() throws {
    let vector = try #require(Vectors.file.sign.first { $0.id == "S15" })
    let host = try standIns.host([Self.path: .page(Array(try #require(vector.xml).utf8))])
    let merchant = Sample.merchant(
      key: APIKey(unchecked: vector.key), appID: "wxb5e899ab07cf3072")
    for (amount, isOurs) in [(100, true), (99, false)] as [(Int64, Bool)] {
      let number = "1217752501201407033233368018"
      let refund = try ApplyRefund(
        transactionID: #require(TransactionID(number)), outTradeNo: #require(OutTradeNo(number)),
        outRefundNo: #require(OutRefundNo(number)), total: #require(Fen(100)),
        amount: #require(Fen(amount)), description: nil, account: .availableBalance,
        merchant: merchant)
      let answer = Result { () throws(WeChatPayError) in
        try conversation(standIns.hosts(host.url), merchant: merchant).refund(refund)
      }
      switch answer {
      case .success(let refundID):
        #expect(isOurs && refundID.text == "1234567892017052508083864132")
      case .failure(let error): #expect(!isOurs && error.outcome == .unknown)
      }
    }
  }

  @Test func `a refund of another merchant is not sent`() throws {
    let host = try standIns.host([Self.path: .page(answer(accepted))])
    for merchant in [
      Sample.merchant(merchantID: "1900000108"), Sample.merchant(appID: "wxffffffffffffffff"),
    ] {
      let error = try #require(throws: WeChatPayError.self) {
        try conversation(standIns.hosts(host.url)).refund(Sample.refund(merchant: merchant))
      }
      #expect(error.outcome == .didNotHappen)
      #expect(error.handling == .configure)
    }
    #expect(host.received.isEmpty)
  }

  @Test func `a host that hangs up has got one message, and nobody else any`() throws {
    let main = try standIns.host([Self.path: .hangUp])
    let backup = try standIns.host([Self.path: .page(answer(accepted))])
    let error = try failure(standIns.hosts(main.url, backup.url))
    #expect(error.outcome == .unknown)
    #expect(error.handling == .query)
    try main.waitForRequests(1)
    #expect(main.received.count == 1)
    #expect(backup.received.isEmpty)
  }

  @Test(arguments: [500, 502, 503, 504])
  func `an error page leaves the refund unknown, sent once`(status: Int) throws {
    let html = Array("<html><body>Bad Gateway</body></html>".utf8)
    let main = try standIns.host([Self.path: .page(status: status, html)])
    let backup = try standIns.host([Self.path: .page(answer(accepted))])
    let error = try failure(standIns.hosts(main.url, backup.url))
    #expect(error.outcome == .unknown)
    #expect(error.handling == .query)
    try main.waitForRequests(1)
    #expect(main.received.count == 1)
    #expect(backup.received.isEmpty)
  }

  @Test(arguments: ["SYSTEMERROR", "BIZERR_NEED_RETRY"])
  func `whatever WeChat wants to be repeated, the caller repeats`(code: String) throws {
    let refused = answer(["result_code": "FAIL", "err_code": code])
    let main = try standIns.host([Self.path: .page(refused)])
    let backup = try standIns.host([Self.path: .page(answer(accepted))])
    let error = try failure(standIns.hosts(main.url, backup.url))
    #expect(error.outcome == .unknown)
    #expect(error.handling == .sendAgain)
    try main.waitForRequests(1)
    #expect(main.received.count == 1)
    #expect(backup.received.isEmpty)
  }

  @Test func `the backup host is asked when the main host has proven got nothing`() throws {
    let backup = try standIns.host([Self.path: .page(answer(accepted))])
    let hosts = standIns.hosts(try standIns.deadURL(), backup.url)
    _ = try conversation(hosts).refund(Sample.refund())
    try backup.waitForRequests(1)
    #expect(backup.received.count == 1)
  }

  @Test func `a refund that reached no host did not happen`() throws {
    let error = try failure(standIns.hosts(try standIns.deadURL(), try standIns.deadURL()))
    #expect(error.outcome == .didNotHappen)
    #expect(error.handling == .sendAgain)
  }

  // MARK: Answers

  @Test func `an answer that is not about this refund leaves it unknown`() throws {
    for (name, value) in [
      ("out_trade_no", "T20260101-000002"), ("out_trade_no", nil), ("out_refund_no", "R2"),
      ("out_refund_no", nil), ("transaction_id", "4200001952202606044309990416"),
      ("transaction_id", nil), ("refund_fee", "11"), ("refund_fee", nil), ("refund_fee", "10.0"),
      ("total_fee", "30"), ("total_fee", nil), ("refund_id", nil), ("refund_id", ""),
      ("appid", "wxffffffffffffffff"), ("mch_id", "1900000108"), ("result_code", "success"),
    ] {
      var fields = accepted
      fields[name] = value
      let host = try standIns.host([Self.path: .page(answer(fields))])
      let error = try failure(standIns.hosts(host.url))
      #expect(error.outcome == .unknown, "\(name)")
      #expect(error.handling == .query, "\(name)")
    }
  }

  @Test func `an answer that is tampered with, unsigned or none leaves it unknown`() throws {
    let signed = String(decoding: answer(accepted), as: UTF8.self)
    var refused = accepted
    refused["result_code"] = "FAIL"
    refused["err_code"] = "TRADE_OVERDUE"
    let refusal = String(decoding: answer(refused), as: UTF8.self)
    for body in [
      signed.replacing("[N1]", with: "[N2]"), signed.replacing("sign>", with: "sigh>"),
      refusal.replacing("TRADE_OVERDUE", with: "NOTENOUGH"), "", "ok",
      "<xml><return_code>FAIL</return_code><return_msg>签名错误</return_msg></xml>",
    ] {
      let host = try standIns.host([Self.path: .page(Array(body.utf8))])
      let error = try failure(standIns.hosts(host.url))
      #expect(error.outcome == .unknown)
      #expect(error.code == nil)
    }
  }

  @Test func `a refusal about another refund is not ours`() throws {
    let host = try standIns.host([
      Self.path: .page(
        answer(["result_code": "FAIL", "err_code": "TRADE_OVERDUE", "out_refund_no": "R2"]))
    ])
    #expect(try failure(standIns.hosts(host.url)).outcome == .unknown)
  }

  // MARK: Certificates

  @Test func `the certificate is shown for refunds and for nothing else`() throws {
    let host = try standIns.host([
      Self.path: .page(answer(accepted)),
      "/pay/refundquery": .page(answer(record(0, number: Sample.refundNumber.text))),
      "/pay/orderquery": .page(
        answer(["out_trade_no": Sample.number.text, "trade_state": "REFUND"])),
    ])
    let conversation = conversation(standIns.hosts(host.url))
    _ = try conversation.refund(Sample.refund())
    _ = try conversation.queryRefund(Sample.refundNumber, of: Sample.number)
    _ = try conversation.query(Sample.number)
    _ = try conversation.refund(Sample.refund())
    try host.waitForRequests(4)
    #expect(
      host.received.map(\.line)
        == ["/secapi/pay/refund", "/pay/refundquery", "/pay/orderquery", "/secapi/pay/refund"]
        .map { "POST \($0)" })
    #expect(host.received.map(\.showedCertificate) == [true, false, false, true])
  }

  @Test func `nginx turns away a missing, foreign or expired certificate before any refund`() throws
  {
    let main = try standIns.host([Self.path: .page(answer(accepted))], demandsCertificate: true)
    let backup = try standIns.host([Self.path: .page(answer(accepted))])
    let stranger = try CertificateAuthority(in: standIns.folder.path, name: "stranger")
    for sessions in [
      standIns.anonymousSessions,
      standIns.identitySessions(try stranger.client("1900000109")),
      standIns.identitySessions(try standIns.authority.client("1900000109", days: -1)),
    ] {
      let error = try failure(standIns.hosts(main.url, backup.url), sessions: sessions)
      #expect(error.outcome == .didNotHappen)
      #expect(error.handling == .configure)
      #expect("\(error)".contains("商户API证书"))
    }
    #expect(backup.received.isEmpty)
    // The same host takes the right one.
    _ = try conversation(standIns.hosts(main.url)).refund(Sample.refund())
  }

  @Test func `the published page about certificates is the configuration's fault`() throws {
    let page = try #require(Vectors.file.mustRefuseOrSpecial.first { $0.id == "B03" })
    let host = try standIns.host([Self.path: .page(status: 400, Array(page.xml.utf8))])
    let error = try failure(standIns.hosts(host.url))
    #expect(error.outcome == .didNotHappen)
    #expect(error.handling == .configure)
    // Only nginx's own status tells that it was nginx's own word.
    let other = try standIns.host([Self.path: .page(status: 502, Array(page.xml.utf8))])
    #expect(try failure(standIns.hosts(other.url)).outcome == .unknown)
    // Another 400 says nothing about what happened.
    let bad = try standIns.host([Self.path: .page(status: 400, Array("Bad Request".utf8))])
    #expect(try failure(standIns.hosts(bad.url)).outcome == .unknown)
  }

  @Test(arguments: ["-tls1_2", "-tls1_3"])
  func `a TLS alert about the certificate is the configuration's fault`(version: String) throws {
    let server = try standIns.authority.server(["127.0.0.1"])
    let port = try freePort()
    let process = try ChildProcess.start(
      "openssl",
      [
        "s_server", "-accept", "127.0.0.1:\(port)", "-cert", server.certificateFile, "-key",
        server.privateKeyFile, "-CAfile", standIns.authority.certificateFile, "-Verify", "1",
        "-verify_return_error", "-quiet", version,
      ])
    defer { process.terminate() }
    let stranger = try CertificateAuthority(in: standIns.folder.path, name: "stranger")
    let hosts = standIns.hosts("https://127.0.0.1:\(port)")
    for identity in [
      try stranger.client("1900000109"), try standIns.authority.client("1900000109", days: -1),
    ] {
      let sessions = standIns.identitySessions(identity)
      // At first nobody listens; later the end of the connection may overtake the alert.
      try eventually("an alert of openssl s_server") {
        let error = try failure(hosts, sessions: sessions)
        guard error.handling == .configure else { return false }
        #expect(error.outcome == .didNotHappen)
        return true
      }
    }
  }

  @Test func `a certificate that libcurl cannot use is the configuration's fault`() throws {
    let host = try standIns.host([Self.path: .page(answer(accepted))])
    let options = SessionOptions(caFile: standIns.authority.certificateFile)
      .forRefunds(as: ClientIdentity(certificate: Array("x".utf8), privateKey: Array("y".utf8)))
    let error = try failure(
      standIns.hosts(host.url), sessions: Pool(capacity: 1) { try Session(options) })
    #expect(error.outcome == .didNotHappen)
    #expect(error.handling == .configure)
    #expect(host.received.isEmpty)
  }

  // MARK: Questions

  /// The fields of one refund in an answer, beside those of the answer.
  private func record(_ index: Int, number: String, in fields: Fields = [:]) -> Fields {
    var fields = fields
    fields["transaction_id"] = Sample.transactionID.text
    fields["out_trade_no"] = Sample.number.text
    fields["refund_count"] = "\(index + 1)"
    fields["out_refund_no_\(index)"] = number
    fields["refund_id_\(index)"] = "5030" + number.filter(\.isNumber)
    fields["refund_fee_\(index)"] = "10"
    fields["refund_status_\(index)"] = "PROCESSING"
    return fields
  }

  /// A page with the refunds of these numbers.
  private func page(_ numbers: Range<Int>, total: Int?) -> [UInt8] {
    var fields: Fields = [:]
    for (index, number) in numbers.enumerated() {
      fields = record(index, number: "R\(number)", in: fields)
    }
    fields["total_refund_count"] = total.map { "\($0)" }
    return answer(fields)
  }

  private let nothing: Fields = ["result_code": "FAIL", "err_code": "REFUNDNOTEXIST"]

  @Test func `a refund is found by our number, and unknown statuses are told`() throws {
    var fields = record(0, number: Sample.refundNumber.text)
    fields["refund_status_0"] = "BRAND_NEW"
    let host = try standIns.host(["/pay/refundquery": .page(answer(fields))])
    let found = try conversation(standIns.hosts(host.url))
      .queryRefund(Sample.refundNumber, of: Sample.number)
    #expect(found.outRefundNo == Sample.refundNumber)
    #expect(found.status == .other("BRAND_NEW"))
    try host.waitForRequests(1)
    let sent = try FlatXML.read(Array(#require(host.received.first).body.utf8))
    #expect(sent["out_refund_no"] == Sample.refundNumber.text)
    #expect(
      Set(sent.names) == ["appid", "mch_id", "nonce_str", "sign", "sign_type", "out_refund_no"])
  }

  @Test func `an answer without this refund, or with more than this, says nothing`() throws {
    let ours = Sample.refundNumber.text
    for fields in [
      record(0, number: "R2"), record(1, number: "R2", in: record(0, number: ours)),
      ["out_trade_no": Sample.number.text, "refund_count": "0"],
    ] {
      let host = try standIns.host(["/pay/refundquery": .page(answer(fields))])
      let error = try #require(throws: WeChatPayError.self) {
        try conversation(standIns.hosts(host.url)).queryRefund(
          Sample.refundNumber, of: Sample.number)
      }
      #expect(error.outcome == .unknown)
    }
  }

  @Test func `only WeChat's own word says that there is no such refund`() throws {
    let none = try standIns.host(["/pay/refundquery": .page(answer(nothing))])
    let error = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(none.url)).queryRefund(
        Sample.refundNumber, of: Sample.number)
    }
    #expect(error.outcome == .didNotHappen)
    #expect(error.handling == .notThere)
    let unreachable = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(standIns.deadURL())).queryRefund(
        Sample.refundNumber, of: Sample.number)
    }
    #expect(unreachable.outcome == .unknown)
  }

  @Test func `a question is asked again elsewhere after an error page`() throws {
    let main = try standIns.host(["/pay/refundquery": .page(status: 502, Array("<html>".utf8))])
    let backup = try standIns.host([
      "/pay/refundquery": .page(answer(record(0, number: Sample.refundNumber.text)))
    ])
    let found = try conversation(standIns.hosts(main.url, backup.url))
      .queryRefund(Sample.refundNumber, of: Sample.number)
    #expect(found.status == .processing)
  }

  private func queryRefunds(
    _ pages: [String: [UInt8]]
  ) throws -> (numbers: [String], host: StandIn) {
    // Keyed by the offset; the first page is the default.
    let byText = Dictionary(
      uniqueKeysWithValues: pages.map { offset, page in
        (offset == "0" ? "" : "<offset><![CDATA[\(offset)]]>", page)
      })
    let host = try standIns.host(["/pay/refundquery": .pages(byText)])
    let list = try conversation(standIns.hosts(host.url))
      .queryRefunds(of: Sample.transactionID, outTradeNo: Sample.number)
    return (list.records.map(\.outRefundNo.text), host)
  }

  @Test func `all refunds of a payment are found, page by page`() throws {
    let (numbers, host) = try queryRefunds([
      "0": page(0..<10, total: 23), "10": page(10..<20, total: 23), "20": page(20..<23, total: 23),
    ])
    #expect(numbers == (0..<23).map { "R\($0)" })
    try host.waitForRequests(3)
    #expect(host.received.count == 3)
    #expect(host.received.allSatisfy { $0.body.contains(Sample.transactionID.text) })
  }

  @Test func `the last page is found also when WeChat does not say how many refunds there are`()
    throws
  {
    #expect(try queryRefunds(["0": page(0..<3, total: nil)]).numbers == ["R0", "R1", "R2"])
    #expect(
      try queryRefunds(["0": page(0..<10, total: nil), "10": answer(nothing)]).numbers.count == 10)
    #expect(try queryRefunds(["0": page(0..<10, total: 10)]).numbers.count == 10)
    #expect(try queryRefunds(["0": answer(nothing)]).numbers == [])
  }

  @Test func `pages that do not fit together are no list of refunds`() throws {
    var foreign = record(0, number: "R0")
    foreign["transaction_id"] = "4200001952202606044309990416"
    for pages in [
      // One was made meanwhile: R9 stands on both pages.
      ["0": page(0..<10, total: 11), "10": page(9..<11, total: 12)],
      ["0": page(0..<10, total: 23), "10": answer(nothing)],
      ["0": page(0..<3, total: 4)], ["0": page(0..<3, total: 2)],
      ["0": answer(foreign)],
    ] {
      let error = try #require(throws: WeChatPayError.self) { try queryRefunds(pages) }
      #expect(error.outcome == .unknown)
    }
  }
}
