/// Why WeChat does not look at a request at all: `return_code` FAIL, unsigned.
///
/// The texts are those seen in recorded answers; the codes of the manual are named in the comments.
enum CommunicationFailure: Error, Equatable {
  /// REQUIRE_POST_METHOD
  case notPosted
  /// POST_DATA_EMPTY
  case emptyBody
  /// NOT_UTF8
  case notUTF8
  /// XML_FORMAT_ERROR
  case malformedXML
  /// LACK_PARAMS
  case missing(field: String)
  /// A field is longer than the manual allows.
  case tooLong(field: String)
  /// A `mch_id` that is not a number.
  case malformedMchID
  /// MCHID_NOT_EXIST
  case unknownMchID
  /// APPID_NOT_EXIST
  case unknownAppID
  /// APPID_MCHID_NOT_MATCH
  case appIDOfAnotherMerchant
  case unknownSignType
  /// SIGNERROR
  case wrongSignature
  case openIDMissing
  /// `spbill_create_ip` is none that a payer can have.
  case invalidPayerAddress

  /// The `return_msg`.
  var text: String {
    switch self {
    case .notPosted: "请使用post方法"
    case .emptyBody: "post数据为空"
    case .notUTF8: "编码格式错误"
    case .malformedXML: "XML格式错误"
    case .missing(let field): "缺少参数\(field)"
    case .tooLong(let field): "\(field)参数长度有误"
    case .malformedMchID: "mch_id参数格式错误"
    case .unknownMchID: "商户号mch_id或sub_mch_id不存在"
    case .unknownAppID: "appid不存在"
    case .appIDOfAnotherMerchant: "商户号mch_id与appid不匹配"
    case .unknownSignType: "sign_type参数格式错误"
    case .wrongSignature: "签名错误"
    case .openIDMissing: "JSAPI支付必须传openid"
    case .invalidPayerAddress: "invalid spbill_create_ip"
    }
  }
}

/// A business refusal: `result_code` FAIL with `err_code` and `err_code_des`, signed.
struct Refusal: Error, Equatable {
  let code: String
  let description: String

  static func malformed(_ field: String) -> Refusal { parameter("\(field)参数格式错误") }
  /// What a fault was told to say.
  static func ordered(_ code: String?) -> Refusal {
    Refusal(code: code ?? "", description: "模拟器按要求拒绝")
  }
  static func parameter(_ text: String) -> Refusal {
    Refusal(code: "PARAM_ERROR", description: text)
  }
  static let numberUsed = Refusal(code: "INVALID_REQUEST", description: "201 商户订单号重复")
  static let orderPaid = Refusal(code: "ORDERPAID", description: "该订单已支付")
  static let orderClosed = Refusal(code: "ORDERCLOSED", description: "订单已关闭")
  static let orderNotExist = Refusal(code: "ORDERNOTEXIST", description: "order not exist")
  static let tooEarlyToClose = Refusal(code: "TRADE_STATE_ERROR", description: "订单状态错误")
  static let productNotEnabled = Refusal(code: "NOAUTH", description: "商户无此接口权限")
  static let invalidTransactionID = Refusal(
    code: "INVALID_TRANSACTIONID", description: "无效的transaction_id")
  static let totalFeeDiffers = Refusal(code: "ERROR", description: "total_fee与订单金额不一致")
  /// One refund number with two meanings; the code is nowhere documented.
  static let refundDiffers = Refusal(
    code: "ERROR", description: "订单金额或退款金额与之前请求不一致，请核实后再试")
  static let refundExceedsPayment = Refusal(code: "ERROR", description: "累计退款金额大于支付金额")
  static let tooManyRefunds = Refusal(code: "ERROR", description: "一笔订单最多退款50次")
  static let tradeOverdue = Refusal(
    code: "TRADE_OVERDUE", description: "订单已经超过可退款的最大期限(支付后一年内可退款)")
  /// Which code WeChat gives is nowhere documented; this one tells a merchant to come later with
  /// the same number.
  static let tooFrequent = Refusal(
    code: "FREQUENCY_LIMITED", description: "同一订单的两次退款需间隔1分钟以上")
  static let notEnough = Refusal(
    code: "NOTENOUGH", description: "基本账户余额不足，请充值后重新发起")
  static let refundNotExist = Refusal(code: "REFUNDNOTEXIST", description: "not exist")
  static let systemError = Refusal(code: "SYSTEMERROR", description: "系统异常，请用相同参数重新调用")
}
