import Configuration
import Store
import Testing

@testable import Gateway

@Suite struct RouteTests {
  @Test(arguments: [
    ("/wxpay/merchant/orders", "merchant", ["orders"]),
    ("/wxpay/merchant/orders/20261121-7/close", "merchant", ["orders", "20261121-7", "close"]),
    ("/wxpay/receive-notify", "receive-notify", []),
    ("/wxpay/receive-notify/main", "receive-notify", ["main"]),
    ("/notify.php", "receive-notify", []), ("/pay/index.php", "pay", []),
    ("/order/x/y.php", "order", []), ("/", "health", []),
  ])
  func `what follows a route's name counts where the route has parts`(
    path: String, route: String, parts: [String]
  ) {
    #expect(Route.parts(of: path, route: route) == parts)
  }

  @Test func `every route answers on one socket only`() {
    for route in Route.all {
      let sockets = Settings.Socket.allCases.filter { socket in
        !Route.at(name: route.name, socket: socket.rawValue, path: route.path).isEmpty
      }
      #expect(sockets == [route.socket], "\(route.name)")
    }
  }

  @Test(arguments: [
    ("pay", "api", nil), ("merchant", "merchant", nil),
    ("receive-notify", "api", "belongs to the notify socket"),
    ("pay", "merchant", "fastcgi_pass weixinpay_api"),
    ("recieve-notify", "notify", "there is no route recieve-notify"),
    ("", "api", "set WEIXINPAY_ROUTE in the location to one of health, login, merchant, order"),
  ])
  func `a location with the wrong route or socket is told from a wrong path`(
    route: String, socket: String, words: String?
  ) {
    let mistake = Route.mistake(in: route, on: socket)
    #expect(words.map { mistake?.contains($0) == true } ?? (mistake == nil), "\(mistake ?? "-")")
  }

  @Test func `every merchant route asks for a role, and no other does`() {
    for route in Route.all {
      #expect((route.role != nil) == (route.name == "merchant"), "\(route.method) \(route.path)")
    }
    let money = Route.all.filter { $0.path.first == "refunds" && $0.path.last == "approve" }
    #expect(money.map(\.role) == [.reviewer])
  }

  @Test func `a colon stands for one part of an address, and for no two`() {
    func found(_ path: [String]) -> [String] {
      Route.at(name: "merchant", socket: "merchant", path: path).map {
        $0.path.joined(separator: "/")
      }
    }
    #expect(found(["orders", "20261121-7", "close"]) == ["orders/:order/close"])
    #expect(found(["orders", "20261121-7", "close", "x"]) == [])
    #expect(found(["orders", ":order", "query"]) == ["orders/:order/query"])
  }
}
