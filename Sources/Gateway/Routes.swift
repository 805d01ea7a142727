import Checkout
import Configuration
import Server
import Store

/// The table of routes: the index of the program.
///
/// nginx matches addresses and names the route (`WEIXINPAY_ROUTE`); clients cannot set it. Each
/// route belongs to one socket, so that a slow WeChat never holds up a notification.
struct Route: Sendable {
  let name: String
  let socket: Settings.Socket
  let method: String
  /// The path below the route's location; `*` stands for any one part.
  var path: [String] = []
  /// WeChat's notifications are taken under whatever name their type has: what counts is the signature.
  var body: Body = .any
  /// The names that its query may hold; `nil` where no query is read, nor looked at.
  var query: [String]?
  let handle: @Sendable (Context) throws -> Response

  enum Body: Sendable { case any, json }

  static let all: [Route] = [
    // The mini-program.
    Route(name: "login", socket: .api, method: "POST", body: .json, handle: Login.handle),
    Route(name: "login", socket: .api, method: "DELETE", handle: Logout.handle),
    Route(name: "pay", socket: .api, method: "POST", body: .json, handle: Pay.handle),
    Route(
      name: "order", socket: .api, method: "GET", query: ["out_trade_no", "refunds_cursor"],
      handle: ShowOrder.handle),
    Route(
      name: "refund-apply", socket: .api, method: "POST", body: .json, handle: BuyerRefunds.apply),
    Route(
      name: "refund-withdraw", socket: .api, method: "POST", body: .json,
      handle: BuyerRefunds.withdraw),

    // WeChat.
    Route(
      name: "receive-notify", socket: .notify, method: "POST",
      handle: ReceiveNotify.handle),
    Route(
      name: "receive-notify", socket: .notify, method: "POST", path: ["*"],
      handle: ReceiveNotify.handle),
    Route(
      name: "receive-refund-notify", socket: .notify, method: "POST",
      handle: ReceiveRefundNotify.handle),
    Route(
      name: "receive-refund-notify", socket: .notify, method: "POST", path: ["*"],
      handle: ReceiveRefundNotify.handle),

    // The shop's backend and staff.
    Route(
      name: "merchant", socket: .merchant, method: "POST", path: ["orders"], body: .json,
      handle: allowing(.cashier, MerchantOrders.create)),
    Route(
      name: "merchant", socket: .merchant, method: "GET", path: ["orders"],
      query: OrderFilter.members, handle: allowing(.reader, MerchantOrders.list)),
    Route(
      name: "merchant", socket: .merchant, method: "GET", path: ["orders", "*"],
      query: ["timeline_cursor", "refunds_cursor"], handle: allowing(.reader, MerchantOrders.show)),
    Route(
      name: "merchant", socket: .merchant, method: "POST", path: ["orders", "*", "close"],
      handle: allowing(.cashier, MerchantOrders.close)),
    Route(
      name: "merchant", socket: .merchant, method: "POST", path: ["orders", "*", "query"],
      handle: allowing(.cashier, MerchantOrders.query)),
    Route(
      name: "merchant", socket: .merchant, method: "POST", path: ["orders", "*", "refunds"],
      body: .json, handle: allowing(.cashier, MerchantRefunds.create)),
    Route(
      name: "merchant", socket: .merchant, method: "GET", path: ["refunds"],
      query: RefundFilter.members, handle: allowing(.reader, MerchantRefunds.list)),
    Route(
      name: "merchant", socket: .merchant, method: "GET", path: ["refunds", "*"],
      handle: allowing(.reader, MerchantRefunds.show)),
    Route(
      name: "merchant", socket: .merchant, method: "POST", path: ["refunds", "*", "approve"],
      body: .json, handle: allowing(.reviewer, MerchantRefunds.approve)),
    Route(
      name: "merchant", socket: .merchant, method: "POST", path: ["refunds", "*", "reject"],
      body: .json, handle: allowing(.reviewer, MerchantRefunds.reject)),
    Route(
      name: "merchant", socket: .merchant, method: "POST", path: ["refunds", "*", "received"],
      body: .json, handle: allowing(.reviewer, MerchantRefunds.received)),
    Route(
      name: "merchant", socket: .merchant, method: "POST", path: ["refunds", "*", "withdraw"],
      body: .json, handle: allowing(.reviewer, MerchantRefunds.withdraw)),
    Route(
      name: "merchant", socket: .merchant, method: "POST", path: ["refunds", "*", "retry"],
      handle: allowing(.cashier, MerchantRefunds.retry)),
    Route(
      name: "merchant", socket: .merchant, method: "GET", path: ["alarms"],
      query: AlarmQuery.members, handle: allowing(.reader, MerchantAlarms.list)),
    Route(
      name: "merchant", socket: .merchant, method: "POST", path: ["alarms", "*", "resolve"],
      body: .json, handle: allowing(.reviewer, MerchantAlarms.resolve)),

    // The operator.
    Route(name: "health", socket: .merchant, method: "GET", handle: Health.handle),
  ]

  /// The routes at an address, one per method.
  static func at(name: String, socket: String, path: [String]) -> [Route] {
    all.filter { route in
      route.name == name && route.socket.rawValue == socket && route.path.count == path.count
        && zip(route.path, path).allSatisfy { $0 == "*" || $0 == $1 }
    }
  }

  /// What nginx's location has wrong, if it is the location and not the client's path.
  static func mistake(in name: String, on socket: String) -> String? {
    let sockets = Set(all.lazy.filter { $0.name == name }.map(\.socket))
    guard let right = sockets.first else {
      let names = Set(all.map(\.name)).sorted().joined(separator: ", ")
      return "there is no route \(name): set WEIXINPAY_ROUTE in the location to one of \(names)"
    }
    guard right.rawValue != socket else { return nil }
    return "the route \(name) belongs to the \(right.rawValue) socket, and came to the \(socket)"
      + " socket: set fastcgi_pass weixinpay_\(right.rawValue) in the location"
  }

  /// A handler for holders of a merchant token with at least this role.
  private static func allowing(
    _ role: Role,
    _ handle: @escaping @Sendable (Context, MerchantTokens.Holder) throws -> Response
  ) -> @Sendable (Context) throws -> Response {
    { context in
      let token = try context.bearer(orRefuse: .tokenInvalid)
      guard
        let holder = try context.services.tokens.find(token: token, by: context.act("merchant"))
      else { throw Refusal(.tokenInvalid) }
      guard holder.role >= role else {
        throw Refusal(
          .roleInsufficient,
          "This needs the role \(role.rawValue), the token has \(holder.role.rawValue).")
      }
      try context.checkQuery()
      return try handle(context, holder)
    }
  }
}

extension Route {
  /// The path below the location of a route: what follows its name in the address.
  ///
  /// Empty for a route that has nothing below it: a legacy site may lead `/pay/index.php` to `pay`.
  static func parts(of path: String, route: String) -> [String] {
    let parts = path.split(separator: "/").map(String.init)
    guard all.contains(where: { $0.name == route && !$0.path.isEmpty }),
      let index = parts.firstIndex(of: route)
    else { return [] }
    return Array(parts[(index + 1)...])
  }
}
