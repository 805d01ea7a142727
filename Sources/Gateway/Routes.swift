import Configuration
import Payments
import Server
import Store

/// The table of routes: the index of the program.
///
/// nginx matches addresses and names the route (`WEIXINPAY_ROUTE`), which clients cannot set; it is
/// the first part of a sentence's address. Each route belongs to one socket, so that a slow WeChat
/// never holds up a notification.
struct Route: Sendable {
  /// As nginx names it: `merchant`.
  let name: String
  let socket: Settings.Socket
  let method: String
  /// The path below the route's location; `:order` stands for any one part.
  let path: [String]
  /// WeChat's notifications are taken under whatever name their type has: what counts is the signature.
  let body: Body
  /// The names that its query may hold; `nil` where no query is read, nor looked at.
  let query: [String]?
  /// What a merchant token must allow; `nil` where none is asked for.
  let role: Role?
  let handle: @Sendable (Context) throws -> Response

  enum Body: Sendable { case any, json }

  static let all: [Route] = [
    // The mini-program.
    .open("POST login", .api, .json, Login.handle),
    .open("DELETE login", .api, .any, Logout.handle),
    .buyer("POST pay", .json) { try Pay($0).open() },
    .buyer("GET order", query: ["out_trade_no", "refunds_cursor"]) { try ShowOrder($0).show() },
    .buyer("POST refund-apply", .json) { try BuyerRefunds($0).apply() },
    .buyer("POST refund-withdraw", .json) { try BuyerRefunds($0).withdraw() },

    // WeChat.
    .open("POST receive-notify", .notify, .any, ReceiveNotify.handle),
    .open("POST receive-notify/:merchant", .notify, .any, ReceiveNotify.handle),
    .open("POST receive-refund-notify", .notify, .any, ReceiveRefundNotify.handle),
    .open("POST receive-refund-notify/:merchant", .notify, .any, ReceiveRefundNotify.handle),

    // The shop's backend and staff.
    .merchant(.cashier, "POST orders", .json) { try MerchantOrders($0).create() },
    .merchant(.reader, "GET orders", query: OrderFilter.members) { try MerchantOrders($0).list() },
    .merchant(
      .reader, "GET orders/:order", .anyOrder, query: ["timeline_cursor", "refunds_cursor"]
    ) { try MerchantOrders($0).show($1) },
    .merchant(.cashier, "POST orders/:order/close", .order) { try MerchantOrders($0).close($1) },
    .merchant(.cashier, "POST orders/:order/query", .order) { try MerchantOrders($0).query($1) },
    .merchant(.cashier, "POST orders/:order/refunds", .order, .json) {
      try MerchantRefunds($0).create($1)
    },
    .merchant(.reader, "GET refunds", query: RefundFilter.members) {
      try MerchantRefunds($0).list()
    },
    .merchant(.reader, "GET refunds/:refund", .anyRefund) { try MerchantRefunds($0).show($1) },
    .merchant(.reviewer, "POST refunds/:refund/approve", .refund, .json) {
      try MerchantRefunds($0).approve($1)
    },
    .merchant(.reviewer, "POST refunds/:refund/reject", .refund, .json) {
      try MerchantRefunds($0).reject($1)
    },
    .merchant(.reviewer, "POST refunds/:refund/received", .refund, .json) {
      try MerchantRefunds($0).received($1)
    },
    .merchant(.reviewer, "POST refunds/:refund/withdraw", .refund, .json) {
      try MerchantRefunds($0).withdraw($1)
    },
    .merchant(.cashier, "POST refunds/:refund/retry", .refund) {
      try MerchantRefunds($0).retry($1)
    },
    .merchant(.reader, "GET alarms", query: AlarmQuery.members) { try MerchantAlarms($0).list() },
    .merchant(.reviewer, "POST alarms/:alarm/resolve", .alarm, .json) {
      try MerchantAlarms($0).resolve($1)
    },

    // The operator.
    .open("GET health", .merchant, .any, Health.handle),
  ]
}

/// What a part of a path stands for.
struct PathParameter<Value>: Sendable {
  let read: @Sendable (String) -> Value?
  /// What is said of a part that stands for nothing.
  let refusal: Refusal.Code
}

extension PathParameter where Value == OutTradeNo {
  static var order: Self { Self(read: { OutTradeNo($0) }, refusal: .orderNotFound) }
}

extension PathParameter where Value == OutRefundNo {
  static var refund: Self { Self(read: { OutRefundNo($0) }, refusal: .refundNotFound) }
}

extension PathParameter where Value == Int64 {
  static var alarm: Self { Self(read: { Int64($0) }, refusal: .alarmNotFound) }
}

extension PathParameter where Value == String {
  /// By any of the numbers that an order has.
  static var anyOrder: Self { Self(read: { $0 }, refusal: .orderNotFound) }
  /// By our number or WeChat's.
  static var anyRefund: Self { Self(read: { $0 }, refusal: .refundNotFound) }
}

extension Route {
  private init(
    _ sentence: String, _ socket: Settings.Socket, _ body: Body, query: [String]? = nil,
    role: Role? = nil, _ handle: @escaping @Sendable (Context) throws -> Response
  ) {
    let words = sentence.split(separator: " ")
    let parts = words[1].split(separator: "/").map(String.init)
    method = String(words[0])
    name = parts[0]
    path = Array(parts.dropFirst())
    self.socket = socket
    self.body = body
    self.query = query
    self.role = role
    self.handle = handle
  }

  /// A route without a session or token; what a handler believes, it proves itself.
  private static func open(
    _ sentence: String, _ socket: Settings.Socket, _ body: Body,
    _ handle: @escaping @Sendable (Context) throws -> Response
  ) -> Route {
    Route(sentence, socket, body, handle)
  }

  private static func buyer(
    _ sentence: String, _ body: Body = .any, query: [String]? = nil,
    _ handle: @escaping @Sendable (BuyerRequest) throws -> Response
  ) -> Route {
    Route(sentence, .api, body, query: query) { context in
      let request = try BuyerRequest(context)
      try context.checkQuery()
      return try handle(request)
    }
  }

  private static func merchant(
    _ role: Role, _ sentence: String, _ body: Body = .any, query: [String]? = nil,
    _ handle: @escaping @Sendable (MerchantRequest) throws -> Response
  ) -> Route {
    let words = sentence.split(separator: " ")
    return Route(
      "\(words[0]) merchant/\(words[1])", .merchant, body, query: query, role: role
    ) { context in
      let request = try MerchantRequest(context, atLeast: role)
      try context.checkQuery()
      return try handle(request)
    }
  }

  /// - Parameter parameter: the one part of the address that begins with a colon.
  private static func merchant<Value>(
    _ role: Role, _ sentence: String, _ parameter: PathParameter<Value>, _ body: Body = .any,
    query: [String]? = nil,
    _ handle: @escaping @Sendable (MerchantRequest, Value) throws -> Response
  ) -> Route {
    merchant(role, sentence, body, query: query) { request in
      // Routes are found by the number of their parts.
      guard request.context.path.count > 1, let value = parameter.read(request.context.path[1])
      else { throw Refusal(parameter.refusal) }
      return try handle(request, value)
    }
  }
}

extension Route {
  /// The routes at an address, one per method.
  static func at(name: String, socket: String, path: [String]) -> [Route] {
    all.filter { route in
      route.name == name && route.socket.rawValue == socket && route.path.count == path.count
        && zip(route.path, path).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
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
