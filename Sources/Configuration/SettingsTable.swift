import Payments
import WeChatPay

extension Setting where Target == RawSettings {
  /// Every key outside of `merchants`, in the order of the sample.
  static let table: [Setting] = [
    Setting(
      "processes", \.processes, .count(1...64), .value("2"),
      "Worker processes; they share the workers and connections below, rounded up. With two or more,"
        + " one can die or be replaced and nobody waits."),

    Setting(
      "listen.api.socket", \.api.socket, .socket, .value("/run/weixinpay/api.sock"),
      "Where nginx reaches login, pay, order, refund-apply and refund-withdraw; may wait for WeChat."
    ),
    Setting(
      "listen.api.workers", \.api.workers, .count(1...4096), .value("256"),
      "How many requests are worked on at once; each may wait for WeChat."),
    Setting(
      "listen.api.deadline", \.api.deadline, .duration(.seconds(1)...(.seconds(60))),
      .value("12s"), "After this time a request is answered with what is known."),

    Setting(
      "listen.notify.socket", \.notify.socket, .socket, .value("/run/weixinpay/notify.sock"),
      "Where nginx reaches WeChat's notifications; never waits for WeChat."),
    Setting(
      "listen.notify.workers", \.notify.workers, .count(1...4096), .value("16"),
      "How many notifications are worked on at once."),
    Setting(
      "listen.notify.deadline", \.notify.deadline, .duration(.seconds(1)...(.seconds(4))),
      .value("4s"), "WeChat waits 5 seconds for the answer to a notification."),

    Setting(
      "listen.merchant.socket", \.merchant.socket, .socket,
      .value("/run/weixinpay/merchant.sock"),
      "Where nginx reaches the merchant's routes, health and metrics."),
    Setting(
      "listen.merchant.workers", \.merchant.workers, .count(1...4096), .value("16"),
      "How many requests of the merchant are worked on at once."),
    Setting(
      "listen.merchant.deadline", \.merchant.deadline, .duration(.seconds(1)...(.seconds(60))),
      .value("12s"), "After this time a request is answered with what is known."),

    Setting(
      "listen.peers", \.peers, .list(of: .text("a user's name"), 0...16),
      .value("[www-data, www, nginx]"),
      "Users that may connect beside root and the gateway's own: the users that nginx runs as."
        + " Names that this machine does not know are skipped."),

    Setting(
      "database.socket", \.database.socket, .socket, .value("/run/mysqld/mysqld.sock"),
      "MariaDB's socket on this machine; leave it out when host is given."),
    Setting(
      "database.host", \.database.host, Shape.text("a name or address").optional,
      .absent(example: "db.internal"), "MariaDB on another machine, over TLS; needs ca_file."),
    Setting(
      "database.port", \.database.port, .count(1...65_535), .value("3306"),
      "The port of host."),
    Setting(
      "database.ca_file", \.database.caFile, Shape.path.optional,
      .absent(example: "database-ca.pem"),
      "Certificates (PEM) that prove host; required with host."),
    Setting(
      "database.name", \.database.name, .text("a database's name"), .value("weixinpay"),
      "The database that `weixinpay migrate` fills."),
    Setting(
      "database.user", \.database.user, .text("a user's name"), .value("weixinpay"),
      "The account of the service: SELECT, INSERT and UPDATE, but only INSERT on the journal."),
    Setting(
      "database.password_file", \.database.passwordFile, Shape.path.optional,
      .absent(example: "secret/database.password"),
      "Not needed on this machine when the account is IDENTIFIED VIA unix_socket."),
    Setting(
      "database.connections", \.database.connections, .count(2...128), .value("16"),
      "Connections for each of the three sockets, at most, beside 4 for what is due; MariaDB allows"
        + " 151 in all by default."),

    Setting(
      "shop_database.socket", \.shopDatabase.socket, Shape.socket.optional,
      .absent(example: "/run/mysqld/mysqld.sock"),
      "The MariaDB of the shop's own tables, when it is not the gateway's; or host."),
    Setting(
      "shop_database.host", \.shopDatabase.host, Shape.text("a name or address").optional,
      .absent(example: "db.internal"), "The same on another machine, over TLS; needs ca_file."),
    Setting(
      "shop_database.port", \.shopDatabase.port, .count(1...65_535), .value("3306"),
      "The port of host."),
    Setting(
      "shop_database.ca_file", \.shopDatabase.caFile, Shape.path.optional,
      .absent(example: "shop-ca.pem"), "Certificates (PEM) that prove host; required with host."),
    Setting(
      "shop_database.name", \.shopDatabase.name, Shape.text("a database's name").optional,
      .absent(example: "shop"), "The shop's database; required with shop_tables."),
    Setting(
      "shop_database.user", \.shopDatabase.user, Shape.text("a user's name").optional,
      .absent(example: "weixinpay_shop"),
      "An account that may do in the shop's tables what shop_tables says, and nothing else."),
    Setting(
      "shop_database.password_file", \.shopDatabase.passwordFile, Shape.path.optional,
      .absent(example: "secret/shop-database.password"),
      "Its password; none for an account IDENTIFIED VIA unix_socket."),

    Setting(
      "wechat.pay", \.pay, .list(of: .origin, 1...4),
      .value("[https://api.mch.weixin.qq.com, https://api2.mch.weixin.qq.com]"),
      "WeChat Pay's hosts, the first one first; the others step in when it cannot be reached."),
    Setting(
      "wechat.login", \.login, .origin, .value("https://api.weixin.qq.com"),
      "The host that turns a mini-program's login code into an openid."),
    Setting(
      "wechat.ca_file", \.wechatCAFile, Shape.path.optional,
      .absent(example: "simulator-ca.pem"),
      "Only for a simulator's own certificates: WeChat's hosts are refused beside it."
        + " Verification cannot be switched off."),

    Setting(
      "session_lifetime", \.sessionLifetime,
      .duration(.seconds(600)...(.seconds(720 * 3600))), .value("24h"),
      "How long a buyer's login lasts before the mini-program logs in again."),
    Setting(
      "log", \.logFormat, .word(), .value("logfmt"),
      "One line for each event on standard error, as logfmt or as json."),
  ]
}

extension Setting where Target == RawMerchant {
  /// Every key of one merchant, in the order of the sample.
  static let table: [Setting] = own + telling + shopTables

  private static let own: [Setting] = [
    Setting(
      "appid", \.appID,
      Shape<AppID>.identifier(
        "1 to 32 letters and digits", remedy: "copy the AppID from mp.weixin.qq.com, 开发设置"
      ).optional, .required(example: "wxd678efh567hg6787"), "The mini-program (应用ID)."),
    Setting(
      "app_secret_file", \.appSecretFile, .path, .required(example: "secret/app.secret"),
      "File with the mini-program's AppSecret, for login."),
    Setting(
      "mch_id", \.mchID,
      Shape<MerchantID>.identifier(
        "1 to 32 digits", remedy: "copy the number from pay.weixin.qq.com, 商户信息"
      ).optional, .required(example: "\"1230000109\""), "The merchant's number (商户号)."),
    Setting(
      "api_key_file", \.apiKeyFile, .path, .required(example: "secret/api.key"),
      "File with the APIv2 key (API密钥), 32 characters, not readable by other users."),
    Setting(
      "sign_type", \.signType, .word(), .value("MD5"),
      "How requests and answers are signed: as the mini-program in use expects it."),
    Setting(
      "certificate_file", \.certificateFile, Shape.path.optional,
      .absent(example: "secret/apiclient_cert.pem"),
      "The merchant's certificate (商户API证书), needed for refunds: apiclient_cert.pem from"
        + " pay.weixin.qq.com, 账户中心, API安全."),
    Setting(
      "private_key_file", \.privateKeyFile, Shape.path.optional,
      .absent(example: "secret/apiclient_key.pem"),
      "The certificate's private key, not readable by other users."),
    Setting(
      "notify_url", \.notifyURL, .callback,
      .required(example: "https://shop.example/wxpay/receive-notify"),
      "The public address to which WeChat sends payment notifications."),
    Setting(
      "refund_notify_url", \.refundNotifyURL, Shape.callback.optional,
      .absent(example: "https://shop.example/wxpay/receive-refund-notify"),
      "The public address to which WeChat sends refund notifications; without it, the end of a refund"
        + " is found by asking."),
    Setting(
      "refund_account_fallback", \.refundAccountFallback,
      Shape<RefundAccount>.word().optional, .absent(example: "REFUND_SOURCE_RECHARGE_FUNDS"),
      "From which money a refund is drawn when WeChat says NOTENOUGH (退款资金来源), for merchants of"
        + " the old fund flow; without it the refund waits for the balance to be topped up."),
    Setting(
      "late_payment", \.latePayment, .word(), .value("accept"),
      "Money that comes after its order was closed, or was paid already, raises an alarm; refund"
        + " also sends it back at once."),
    Setting(
      "refund_limit_per_day", \.refundLimitPerDay, Shape.fen.optional,
      .absent(example: "500000"),
      "How much one token may refund directly in a Beijing day, in fen; what is beyond it needs a"
        + " reviewer. Without it any amount."),
  ]
}

extension Setting where Target == RawMerchant {
  private static let telling: [Setting] = [
    Setting(
      "private_hosts", \.privateHosts, .list(of: .hostName, 0...8), .value("[]"),
      "Hosts of webhook and relay in your own network: only these may have a private address or be"
        + " reached by http."),
    Setting(
      "private_ca_file", \.privateCAFile, Shape.path.optional, .absent(example: "private-ca.pem"),
      "Certificates (PEM) that prove private_hosts, in place of the system's."),
    Setting(
      "webhook.url", \.webhook.url, Shape.target.optional,
      .absent(example: "https://shop.example/wxpay-events"),
      "Where signed JSON is posted when something happens to an order."),
    Setting(
      "webhook.key_file", \.webhook.keyFile, Shape.path.optional,
      .absent(example: "secret/webhook.key"),
      "File with the key that signs: whsec_ and 24 to 64 bytes in base64."),
    Setting(
      "webhook.previous_key_file", \.webhook.previousKeyFile, Shape.path.optional,
      .absent(example: "secret/webhook-previous.key"),
      "The key before it, which signs too until the shop knows the new one."),
    Setting(
      "webhook.events", \.webhook.events,
      Shape.list(of: .word(), 1...ShopEvent.allCases.count).optional,
      .absent(example: "[paid, refund_succeeded]"),
      "Which events are told, of those of shop_tables; without it all of them."),
    Setting(
      "relay.payment_url", \.relay.paymentURL, Shape.target.optional,
      .absent(example: "https://shop.example/notify.php"),
      "The old script that received payment notifications: gets WeChat's own bytes, or a message made"
        + " in place of a lost one, until it answers SUCCESS."),
    Setting(
      "relay.refund_url", \.relay.refundURL, Shape.target.optional,
      .absent(example: "https://shop.example/refund_notify.php"),
      "The same for refund notifications, once the refund has come to its end."),
  ]

  private static let shopTables: [Setting] = ShopEvent.allCases.map { event in
    Setting(
      "shop_tables.\(event.rawValue)", \.shopTables[event],
      Shape.list(of: .statement, 0...16).optional,
      .absent(example: event.sampleStatement),
      "UPDATE or INSERT statements, when \(event.when).")
  }
}

extension ShopEvent {
  /// Each event's own: a site that takes the `#` from all of them must not mark a closed order paid.
  fileprivate var sampleStatement: String {
    switch self {
    case .paid:
      "UPDATE orders SET state = 2 WHERE sn = :order_no AND state < 2 AND total = :total_yuan"
    case .paidOtherAmount: "UPDATE orders SET state = 3 WHERE sn = :order_no AND state < 2"
    case .closed: "UPDATE orders SET state = 1 WHERE sn = :order_no AND state = 0"
    case .refundApplied, .refundAwaitingGoods, .refundApproved, .refundRejected, .refundWithdrawn,
      .refundRefused, .refundSucceeded, .refundClosed, .refundAbnormal:
      "INSERT IGNORE INTO refund_news VALUES (:order_no, :sequence, :event)"
    }
  }
}

/// The mappings that hold the keys, each with a sentence for the sample; `*` is any merchant.
let settingGroups: [(path: String, sentence: String)] = [
  ("listen", "The sockets that nginx connects to (fastcgi_pass unix:…)."),
  ("listen.api", "For the mini-program."),
  ("listen.notify", "For WeChat."),
  ("listen.merchant", "For the shop's backend and its staff."),
  ("database", "MariaDB 10.6 or newer."),
  ("shop_database", "The shop's own tables, for shop_tables of the merchants."),
  ("wechat", "WeChat's hosts."),
  ("merchants", "One entry for each pair of mch_id and appid, under a name of your choice."),
  ("merchants.*.webhook", "Tell the shop by signed JSON."),
  ("merchants.*.relay", "Hand WeChat's messages on to the scripts that got them before."),
  (
    "merchants.*.shop_tables",
    "Change the shop's own tables; parameters such as :order_no. Here orders.state is 0 new, 1 closed,"
      + " 2 paid, 3 to be looked at; the amount guards against an order that grew while its cashier was open."
  ),
]
