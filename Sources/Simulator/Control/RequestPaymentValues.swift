import OpenSSL
import Server

/// What the mini-program hands to `wx.requestPayment` (调起支付), judged as WeChat's client does.
struct RequestPaymentValues: Sendable {
  private let appID: String?
  private let timeStamp: String
  private let nonceStr: String
  private let package: String
  private let signType: String
  private let paySign: String

  /// - Throws: when a value is missing or is not a string; the client then does not even start.
  init(_ json: JSON) throws(ControlRefusal) {
    func text(_ name: String) throws(ControlRefusal) -> String {
      guard let text = json[name]?.string else {
        throw ControlRefusal(
          400, "REQUEST_PAYMENT", "requestPayment:fail parameter error: \(name) should be String")
      }
      return text
    }
    // Signed, but not a parameter of wx.requestPayment: the client knows its own.
    appID = try json["appId"].map { _ throws(ControlRefusal) in try text("appId") }
    timeStamp = try text("timeStamp")
    nonceStr = try text("nonceStr")
    package = try text("package")
    signType = try text("signType")
    paySign = try text("paySign")
  }

  /// The prepay session named by `package`; nil when it names none.
  var prepayID: String? {
    let name = "prepay_id="
    return package.hasPrefix(name) ? String(package.dropFirst(name.count)) : nil
  }

  func check(
    prepayID: String, order: Order, _ settings: Settings
  ) throws(ControlRefusal) {
    func require(_ holds: Bool, _ reason: String) throws(ControlRefusal) {
      guard holds else { throw ControlRefusal(409, "REQUEST_PAYMENT", reason) }
    }
    try require(appID == nil || appID == settings.appID, "appId is not this mini-program's.")
    try require(
      timeStamp.utf8.count == 10 && timeStamp.utf8.allSatisfy { (0x30...0x39).contains($0) },
      "timeStamp is seconds since 1970, 10 digits.")
    try require((1...32).contains(nonceStr.utf8.count), "nonceStr has 1 to 32 characters.")
    try require(self.prepayID == prepayID, "package is not prepay_id= and the prepay session.")
    try require(
      signType == order.signType.rawValue, "signType differs from unifiedorder's: 支付验证签名失败")
    let signed = Message([
      Field("appId", settings.appID), Field("timeStamp", timeStamp), Field("nonceStr", nonceStr),
      Field("package", package), Field("signType", signType),
    ])
    let expected = signed.signature(order.signType, key: settings.apiKey)
    try require(
      equalInConstantTime(Array(paySign.utf8), Array(expected.utf8)), "支付验证签名失败")
  }
}
