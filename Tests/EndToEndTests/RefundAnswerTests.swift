import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// WeChat's answers to a refund, its silence, and what becomes of the money.
@Suite(.serialized) struct RefundAnswerTests {
  private static let site = Result { try Site.forRefunds() }
  private let site: Site

  init() throws { site = try Self.site.get() }

  /// An order whose refund's first transmissions meet a fault.
  private struct Scene: Sendable {
    let order: String
    let buyer: Site.Buyer
    let refund: String
  }

  private func newScene() throws -> Scene {
    let (order, buyer) = try site.paidOrder()
    return Scene(order: order, buyer: buyer, refund: Site.refundNumber())
  }

  /// Refunds everything.
  private func refundAll(_ scene: Scene) throws {
    let reply = try site.refund(scene.order, fee: 1990, refundNumber: scene.refund)
    #expect(reply.status == 201, "\(reply.text)")
  }

  private func expectPaidBackOnce(
    _ scene: Scene, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let refunds = try site.weChatRefunds(of: scene.order)
    #expect(refunds.count == 1, "\(what): \(refunds)", sourceLocation: sourceLocation)
    #expect(
      refunds.first?["out_refund_no"]?.string == scene.refund, "\(what)",
      sourceLocation: sourceLocation)
    let sent = try site.transmissions(scene.refund)
    #expect(Set(sent.map(\.bytes)).count == 1, "\(what): \(sent)", sourceLocation: sourceLocation)
    #expect(try site.complaints(scene.refund) == [], "\(what)", sourceLocation: sourceLocation)
    #expect(try site.reserved(scene.order) == 1990, "\(what)", sourceLocation: sourceLocation)
    let counted = try site.refund(scene.refund)["sends"]?.integer ?? 0
    #expect(counted >= sent.count, "\(what)", sourceLocation: sourceLocation)
    #expect(
      try site.buyerOrder(scene.order, scene.buyer)["refunded_fee"]?.integer == 1990, "\(what)",
      sourceLocation: sourceLocation)
  }

  // MARK: the table of err_codes

  /// A definite no: it is over, and the money is free again.
  static let final = [
    "TRADE_OVERDUE", "ERROR", "USER_ACCOUNT_ABNORMAL", "INVALID_TRANSACTIONID", "ORDERNOTEXIST",
    "PARAM_ERROR", "XML_FORMAT_ERROR", "REQUIRE_POST_METHOD", "INVALID_REQUEST",
    "REFUND_FEE_MISMATCH", "TRADE_STATE_ERROR",
  ]

  @Test func `what WeChat refuses for good is confirmed by a question and frees its amount`() throws
  {
    let scenes = try Self.final.map { code in
      let scene = try newScene()
      try site.fault("refund", "refuse", of: scene.refund, code: code, count: 0)
      try refundAll(scene)
      return (code, scene)
    }
    for (code, scene) in scenes {
      let refund = try site.waitUntil(scene.refund, is: "refused")
      #expect(refund["waiting_for"] == .null, "\(code)")
      #expect(refund["remark"]?.string?.contains(code) == true, "\(code): \(refund)")
      // A question that is lost on a busy machine is followed by another send, and that by another.
      let sent = try site.transmissions(scene.refund)
      #expect(Set(sent.map(\.bytes)).count == 1, "\(code): \(sent)")
      #expect(try site.questions(about: scene.refund) >= sent.count, "\(code)")
      #expect(try site.reserved(scene.order) == 0, "\(code)")
      #expect(try site.weChatRefunds(of: scene.order) == [], "\(code)")
      let order = try site.buyerOrder(scene.order, scene.buyer)
      #expect(order["refunded_fee"]?.integer == 0, "\(code)")
      // The buyer is not told what only the merchant should read.
      #expect(!"\(order)".contains(code), "\(order)")
    }
    try site.clearFaults()
    // Another number may try the whole amount again.
    let (_, scene) = scenes[0]
    let again = Site.refundNumber()
    #expect(try site.refund(scene.order, fee: 1990, refundNumber: again).status == 201)
    try site.waitUntil(again, is: "succeeded")
    #expect(try site.weChatRefunds(of: scene.order).count == 1)
  }

  @Test func `a refusal of the second send frees nothing before it is repeated`() throws {
    let scene = try newScene()
    try site.fault("refund", "refuse", of: scene.refund, code: "BIZERR_NEED_RETRY", count: 1)
    try site.fault("refund", "refuse", of: scene.refund, code: "INVALID_REQUEST", count: 0)
    try refundAll(scene)
    try site.waitUntil(scene.refund, is: "refused")
    let sent = try site.transmissions(scene.refund)
    #expect(sent.count >= 3 && Set(sent.map(\.bytes)).count == 1, "\(sent)")
    #expect(try site.reserved(scene.order) == 0)
    try site.clearFaults()
  }

  /// What a person sees while WeChat keeps saying it.
  static let waiting = [
    ("SYSTEMERROR", "wechat"), ("BIZERR_NEED_RETRY", "wechat"), ("FREQUENCY_LIMITED", "pace"),
    ("INVALID_REQ_TOO_MUCH", "pace"), ("NOTENOUGH", "funds"), ("SIGNERROR", "configuration"),
    ("APPID_NOT_EXIST", "configuration"), ("MCHID_NOT_EXIST", "configuration"),
    ("NOAUTH", "configuration"), ("CERT_ERROR", "configuration"), ("SOMETHING_NEW", "person"),
  ]

  @Test func `what WeChat does not refuse for good waits with its number and its amount`() throws {
    let scenes = try Self.waiting.map { code, wait in
      let scene = try newScene()
      try site.fault("refund", "refuse", of: scene.refund, code: code, count: 0)
      try refundAll(scene)
      return (code, wait, scene)
    }
    for (code, wait, scene) in scenes {
      // Others may have held it back before it was sent, for another reason.
      try eventually("\(code): waits for \(wait)") {
        let refund = try site.refund(scene.refund)
        return refund["waiting_for"]?.string == wait && refund["state"]?.string == "sending"
          && refund["remark"]?.string?.contains(code) == true
      }
      #expect(try site.reserved(scene.order) == 1990, "\(code)")
      let taken = try site.refund(scene.order, fee: 1)
      #expect(taken.code == "REFUND_EXCEEDS_PAYMENT", "\(code): \(taken.text)")
      // It may be on its way; what WeChat has certainly not accepted can be taken back.
      guard wait == "wechat" else { continue }
      let withdrawal = try site.decide("withdraw", scene.refund, ["reason": "算了"])
      #expect(withdrawal.code == "REFUND_STATE_CONFLICT", "\(code): \(withdrawal.text)")
    }
    try site.clearFaults()
    for (code, _, scene) in scenes {
      let retry = try site.decide("retry", scene.refund)
      #expect(retry.status == 200 || retry.code == "REFUND_STATE_CONFLICT", "\(retry.text)")
      try site.waitUntil(scene.refund, is: "succeeded")
      try expectPaidBackOnce(scene, code)
      #expect(try site.transmissions(scene.refund).count >= 2, "\(code)")
    }
  }

  // MARK: lost answers

  /// Faults of the refund call: each leaves open whether WeChat has acted.
  static let doubtful: [(fault: String, code: String?)] = [
    ("drop_before", nil), ("drop_after", nil), ("systemerror_before", nil),
    ("systemerror_after", nil), ("refuse", "BIZERR_NEED_RETRY"),
    ("refuse_after", "BIZERR_NEED_RETRY"), ("refuse_after", "ERROR"),
    ("refuse_after", "NOTENOUGH"), ("refuse_after", "SIGNERROR"),
    ("refuse_after", "FREQUENCY_LIMITED"), ("refuse_after", "UNHEARD_OF"), ("html_502", nil),
    ("html_502_after", nil), ("html_200", nil), ("empty", nil), ("truncated", nil),
    ("oversized", nil), ("doctype", nil), ("duplicate_field", nil), ("wrong_signature", nil),
    ("missing_signature", nil), ("wrong_appid", nil), ("wrong_mch_id", nil),
    ("wrong_out_trade_no", nil), ("wrong_total_fee", nil), ("wrong_out_refund_no", nil),
    ("wrong_refund_fee", nil),
  ]

  @Test func `whatever happens to the answer, the money moves once`() throws {
    let scenes = try Self.doubtful.map { fault, code in
      let scene = try newScene()
      try site.fault("refund", fault, of: scene.refund, code: code)
      try refundAll(scene)
      return (fault + (code.map { " " + $0 } ?? ""), scene)
    }
    for (what, scene) in scenes {
      try site.waitUntil(scene.refund, is: "succeeded")
      try expectPaidBackOnce(scene, what)
      #expect(try site.alarms(scene.order) == [], "\(what)")
    }
  }

  /// Faults of refundquery: none may be taken for an answer.
  static let unusable = [
    "drop_after", "systemerror_after", "html_502", "html_200", "empty", "truncated",
    "wrong_signature", "missing_signature", "wrong_appid", "wrong_mch_id", "wrong_out_trade_no",
    "wrong_out_refund_no", "unknown_refund_status", "doctype", "duplicate_field",
  ]

  @Test func `an answer to refundquery that cannot be believed changes nothing`() throws {
    let scenes = try Self.unusable.map { fault in
      let scene = try newScene()
      try site.fault("refund", "drop_after", of: scene.refund)
      try site.fault("refundquery", fault, of: scene.refund)
      try refundAll(scene)
      return (fault, scene)
    }
    for (fault, scene) in scenes {
      try site.waitUntil(scene.refund, is: "succeeded")
      try expectPaidBackOnce(scene, fault)
      #expect(try site.alarms(scene.order) == [], "\(fault)")
    }
  }

  @Test func `a WeChat that is silent holds nobody up and is paid through once`() throws {
    let scene = try newScene()
    try site.fault("refund", "delay_after", of: scene.refund, milliseconds: 11_000)
    let start = ContinuousClock.now
    try refundAll(scene)
    #expect(ContinuousClock.now - start < .seconds(14))
    try site.waitUntil(scene.refund, is: "succeeded")
    try expectPaidBackOnce(scene, "silent")
    #expect(try site.transmissions(scene.refund).count == 1)
  }

  @Test func `an accepted refund is not a refund that succeeded`() throws {
    let scene = try newScene()
    try site.outcome("processing", ofOrder: scene.order)
    try refundAll(scene)
    try site.waitUntil(scene.refund, is: "processing")
    let order = try site.buyerOrder(scene.order, scene.buyer)
    #expect(order["refunded_fee"]?.integer == 0)
    // A SUCCESS that nobody confirms is hearsay.
    let told = try site.control(
      "POST", "refund-notify",
      ["out_refund_no": .string(scene.refund), "refund_status": "SUCCESS"])
    #expect(told.json.array?.first?["acked"]?.bool == true, "\(told.text)")
    try eventually("WeChat is asked") { try self.site.questions(about: scene.refund) > 0 }
    #expect(try site.refund(scene.refund)["state"]?.string == "processing")
    #expect(try site.buyerOrder(scene.order, scene.buyer)["refunded_fee"]?.integer == 0)
    try site.fault("refund_notify", "lose", of: scene.refund, count: 0)
    try site.finish(scene.refund, "SUCCESS")
    // No notification is needed: a duty asks.
    try site.waitUntil(scene.refund, is: "succeeded")
    try expectPaidBackOnce(scene, "processing")
  }
}
