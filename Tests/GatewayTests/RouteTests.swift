import Configuration
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
}
