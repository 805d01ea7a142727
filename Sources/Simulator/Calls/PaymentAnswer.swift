/// An answer of the payment interface before it becomes bytes.
struct PaymentAnswer: Sendable {
  var message: Message
  /// Nil: unsigned, as communication failures are.
  let signType: SignType?

  init(_ failure: CommunicationFailure) {
    message = Message([Field("return_code", "FAIL"), Field("return_msg", failure.text)])
    signType = nil
  }

  init(accepted fields: [Field], _ request: VerifiedRequest, _ settings: Settings) {
    self.init(request, settings)
    message["result_code"] = "SUCCESS"
    for field in fields { message.append(field) }
  }

  init(refused refusal: Refusal, _ request: VerifiedRequest, _ settings: Settings) {
    self.init(request, settings)
    message["result_code"] = "FAIL"
    message["err_code"] = refusal.code
    message["err_code_des"] = refusal.description
  }

  /// The fields of every signed answer; `sign` keeps its place until the rest is known.
  private init(_ request: VerifiedRequest, _ settings: Settings) {
    message = Message([
      Field("return_code", "SUCCESS"), Field("return_msg", "OK"), Field("appid", settings.appID),
      Field("mch_id", settings.mchID),
    ])
    message["device_info"] = request.message["device_info"]
    message["nonce_str"] = Numbers.nonce()
    message["sign"] = ""
    signType = request.signType
  }

  mutating func sign(key: String) {
    if let signType { message.sign(signType, key: key) }
  }
}
