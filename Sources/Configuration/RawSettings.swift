import Payments
import Server
import WeChatPay

/// The values of the file as they were read, before they are looked at together.
///
/// The initial values are never seen: the table's presets replace them, and a required key that is
/// missing is a fault.
struct RawSettings: Sendable {
  var processes = 0
  var api = RawListener()
  var notify = RawListener()
  var merchant = RawListener()
  var peers: [String] = []
  var database = RawDatabase()
  var shopDatabase = RawShopDatabase()
  var pay: [WebAddress] = []
  var login = WebAddress.none
  var wechatCAFile: String?
  var sessionLifetime = Duration.zero
  var logFormat = LineLogHandler.Format.logfmt
}

struct RawListener: Sendable {
  var socket = ""
  var workers = 0
  var deadline = Duration.zero
}

struct RawDatabase: Sendable {
  var socket = ""
  var host: String?
  var port = 0
  var caFile: String?
  var name = ""
  var user = ""
  var passwordFile: String?
  var connections = 0
}

struct RawShopDatabase: Sendable {
  var socket: String?
  var host: String?
  var port = 0
  var caFile: String?
  var name: String?
  var user: String?
  var passwordFile: String?
}

struct RawMerchant: Sendable {
  var appID: AppID?
  var appSecretFile = ""
  var mchID: MerchantID?
  var apiKeyFile = ""
  var signType = SignType.md5
  var certificateFile: String?
  var privateKeyFile: String?
  var notifyURL = WebAddress.none
  var refundNotifyURL: WebAddress?
  var refundAccountFallback: RefundAccount?
  var latePayment = LatePayment.accept
  var refundLimitPerDay: Fen?
  var webhook = RawWebhook()
  var relay = RawRelay()
  var privateHosts: [String] = []
  var privateCAFile: String?
  var shopTables: [ShopEvent: [String]] = [:]
}

struct RawWebhook: Sendable {
  var url: WebAddress?
  var keyFile: String?
  var previousKeyFile: String?
  var events: [ShopEvent]?
}

struct RawRelay: Sendable {
  var paymentURL: WebAddress?
  var refundURL: WebAddress?
}
