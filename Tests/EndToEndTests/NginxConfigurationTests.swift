import Foundation
import TestSupport
import Testing

/// The files of `nginx/`, in a real nginx, judged by what arrives at the sockets behind it.
@Suite struct NginxConfigurationTests {
  static let routes: [(path: String, route: String, socket: String)] = [
    ("/wxpay/login", "login", "api"),
    ("/wxpay/pay", "pay", "api"),
    ("/wxpay/order?out_trade_no=1", "order", "api"),
    ("/wxpay/refund-apply", "refund-apply", "api"),
    ("/wxpay/refund-withdraw", "refund-withdraw", "api"),
    ("/wxpay/receive-notify", "receive-notify", "notify"),
    ("/wxpay/receive-notify/main", "receive-notify", "notify"),
    ("/wxpay/receive-notify/main.php", "receive-notify", "notify"),
    ("/wxpay/receive-refund-notify", "receive-refund-notify", "notify"),
    ("/wxpay/receive-refund-notify/main.js", "receive-refund-notify", "notify"),
    ("/wxpay/merchant/orders", "merchant", "merchant"),
    ("/wxpay/merchant/orders/2026.css", "merchant", "merchant"),
    ("/wxpay/merchant/refunds/R1.php/approve", "merchant", "merchant"),
    ("/wxpay/health", "health", "merchant"),
    ("/wxpay/metrics", "metrics", "merchant"),
  ]

  @Test func `every path reaches its socket before any regular expression of the site`() throws {
    let site = try RecordedSite(
      siteConfiguration: #"""
        location ~ \.php$ { return 403; }
        location ~ .*\.(js|css)?$ { return 403; }
        location ~ ^/wxpay { return 403; }
        location / { return 403; }
        """#)
    for (path, route, socket) in Self.routes {
      #expect(try site.post(path).status == 200, "\(path)")
      #expect(site.newest(socket)?.values("WEIXINPAY_ROUTE") == [route], "\(path)")
    }
    #expect(try site.post("/wxpay/pay.php").status == 403)
    #expect(try site.post("/other").status == 403)
    #expect(site.count == Self.routes.count)
  }

  @Test func `the paths that are tried are those of every location`() throws {
    let file = try String(
      contentsOfFile: sourceFile("nginx/weixinpay.conf"), encoding: .utf8)
    let locations = file.matches(of: /(?m)^location (=|\^~) (\S+)/)
    #expect(locations.count >= 12)
    for location in locations {
      let (match, path) = (location.output.1, String(location.output.2))
      #expect(
        Self.routes.contains { route in
          let tried = route.path.prefix { $0 != "?" }
          return match == "=" ? tried == path : tried.hasPrefix(path)
        }, "\(path)")
    }
  }

  /// What a site takes away on its way back to its old scripts.
  static let drained = ["/wxpay/login", "/wxpay/pay", "/wxpay/refund-apply"]

  @Test func `a site that drains takes what is under way, and begins nothing`() throws {
    let site = try RecordedSite(
      siteConfiguration: "location / { return 200 home; }", locations: "weixinpay_drain.conf")
    let kept = Self.routes.filter { !Self.drained.contains($0.path) }
    for (path, route, socket) in kept {
      #expect(try site.post(path).status == 200, "\(path)")
      #expect(site.newest(socket)?.values("WEIXINPAY_ROUTE") == [route], "\(path)")
    }
    for path in Self.drained + ["/wxpay/recieve-notify"] {
      let answer = try site.post(path)
      #expect(answer.status == 503 && answer.body.contains(#""code":"UNAVAILABLE""#), "\(path)")
    }
    #expect(try site.post("/wxpayment").body == "home")
    #expect(site.count == kept.count)
  }

  @Test func `a site that drains has the locations that it had`() throws {
    func locations(_ file: String) throws -> Set<Substring> {
      let text = try String(contentsOfFile: sourceFile("nginx/\(file)"), encoding: .utf8)
      return Set(text.matches(of: /(?ms)^location [^\n]*\{\n.*?^\}\n/).map(\.output))
    }
    let (whole, drain) = try (locations("weixinpay.conf"), locations("weixinpay_drain.conf"))
    #expect(drain.subtracting(whole).count == 1)
    let gone = whole.subtracting(drain)
    #expect(gone.count == Self.drained.count)
    for path in Self.drained { #expect(gone.contains { $0.contains("= \(path) {") }, "\(path)") }
  }

  /// Rules as hosting panels ship them (伪静态), outside of any location: nginx obeys them before it
  /// looks for one.
  static let panelRules = """
    if (!-e $request_filename) {
      rewrite ^/(.*)$ /index.php?s=$1 last;
    }
    """

  @Test(arguments: [
    "if ($uri ~ ^/wxpay/) { break; }\n" + panelRules,
    panelRules.replacingOccurrences(of: "^/(.*)$", with: "^/(?!wxpay/)(.*)$"),
  ])
  func `a panel's rewrite rules leave our paths alone where they are told to`(
    rules: String
  ) throws {
    let php = #"location ~ [^/]\.php(/|$) { return 418 php; }"#
    let site = try RecordedSite(siteConfiguration: rules + "\n" + php)
    for (path, route, socket) in Self.routes {
      #expect(try site.post(path).status == 200, "\(path)")
      #expect(site.newest(socket)?.values("WEIXINPAY_ROUTE") == [route], "\(path)")
    }
    #expect(try site.post("/goods/7").status == 418)
    let untold = try RecordedSite(siteConfiguration: Self.panelRules + "\n" + php)
    #expect(try untold.post("/wxpay/pay").status == 418)
  }

  @Test func `the sentinel is last and no header slips in that was not named`() throws {
    let site = try RecordedSite(siteConfiguration: "underscores_in_headers on;")
    _ = try site.post(
      "/wxpay/pay?a=1", "-H", "Authorization: Bearer 1", "-H", "Idempotency-Key: 2",
      "-H", "Proxy: http://attacker.example", "-H", "HTTP_PROXY: http://attacker.example",
      "-H", "WEIXINPAY_ROUTE: merchant", "-H", "Weixinpay-Route: merchant",
      "-H", "WEIXINPAY_END: 2", "-H", "Remote-Addr: 8.8.8.8", "-H", "X-Forwarded-For: 8.8.8.8",
      "-H", "X-Real-IP: 8.8.8.8", "-H", "Cookie: a=b", "-H", "Content_Length: 1")
    let request = try #require(site.newest("api"))
    #expect(
      request.parameters.map(\.name) == [
        "WEIXINPAY_ROUTE", "QUERY_STRING", "REQUEST_METHOD", "CONTENT_TYPE", "CONTENT_LENGTH",
        "REQUEST_URI", "DOCUMENT_URI", "REMOTE_ADDR", "SERVER_NAME", "HTTPS", "REQUEST_ID",
        "HTTP_HOST", "WEIXINPAY_SENT", "HTTP_AUTHORIZATION", "HTTP_IDEMPOTENCY_KEY",
        "WEIXINPAY_END",
      ])
    #expect(request.values("WEIXINPAY_ROUTE") == ["pay"])
    #expect(request.values("WEIXINPAY_END") == ["1"])
    #expect(request.values("REMOTE_ADDR") == ["127.0.0.1"])
    #expect(request.values("CONTENT_LENGTH") == ["2"])
    #expect(request.values("QUERY_STRING") == ["a=1"])
    #expect(request.values("DOCUMENT_URI") == ["/wxpay/pay"])
    #expect(request.values("REQUEST_URI") == ["/wxpay/pay?a=1"])
    #expect(request.values("HTTP_AUTHORIZATION") == ["Bearer 1"])
    #expect(request.values("HTTP_IDEMPOTENCY_KEY") == ["2"])
    #expect(request.values("REQUEST_ID").first?.count == 32)
    #expect(!request.keepsConnection)
  }

  @Test func `a header that was not sent makes no parameter`() throws {
    let site = try RecordedSite()
    _ = try site.post("/wxpay/pay")
    let request = try #require(site.newest("api"))
    #expect(request.parameters.map(\.name).filter { $0.hasPrefix("HTTP_") } == ["HTTP_HOST"])
    #expect(request.parameters.last?.name == "WEIXINPAY_END")
  }

  @Test func `underscored headers are dropped`() throws {
    let site = try RecordedSite()
    _ = try site.post("/wxpay/pay", "-H", "Idempotency_Key: 1")
    let request = try #require(site.newest("api"))
    #expect(request.values("HTTP_IDEMPOTENCY_KEY") == [])
  }

  @Test(arguments: ["--http1.1", "--http2"])
  func `an upload without a length arrives with its length`(version: String) throws {
    let site = try RecordedSite()
    let body = String(repeating: "x", count: 20_000)
    _ = try site.post(
      "/wxpay/receive-notify", version, "-H", "Transfer-Encoding: chunked", body: body)
    let request = try #require(site.newest("notify"))
    #expect(request.values("CONTENT_LENGTH") == ["20000"])
    #expect(request.body == Array(body.utf8))
  }

  @Test func `64 KiB pass and one byte more is refused before the gateway sees it`() throws {
    let site = try RecordedSite()
    let largest = String(repeating: "x", count: 65_536)
    #expect(try site.post("/wxpay/receive-notify", body: largest).status == 200)
    #expect(site.newest("notify")?.body.count == 65_536)

    let refused = try site.post("/wxpay/receive-notify", body: largest + "x")
    #expect(refused.status == 413)
    #expect(refused.body.contains("BODY_TOO_LARGE"))
    let chunked = try site.post(
      "/wxpay/receive-notify", "--http1.1", "-H", "Transfer-Encoding: chunked",
      body: largest + "x")
    #expect(chunked.status == 413)
    #expect(site.count == 1)
  }

  @Test func `a body that stops coming is given up and does not reach the gateway`() throws {
    let site = try RecordedSite()
    try site.stalledPost("/wxpay/receive-notify")
    #expect(site.count == 0)
  }

  @Test func `a gateway that is down is an error, whatever the site makes of errors`() throws {
    let site = try RecordedSite(
      siteConfiguration: "error_page 500 502 503 504 =200 /sorry.html;", listening: false)
    for path in ["/wxpay/pay", "/wxpay/receive-notify", "/wxpay/merchant/orders"] {
      let answer = try site.post(path)
      #expect(answer.status == 502)
      #expect(answer.body.contains("UNAVAILABLE"))
      #expect(!answer.body.contains("SUCCESS"))
    }
  }

  @Test func `an error that the gateway answers stays as it is`() throws {
    let site = try RecordedSite(
      siteConfiguration: "fastcgi_intercept_errors on; error_page 409 503 =200 /sorry.html;",
      answer: "Status: 503 Busy\r\nContent-Type: application/json\r\n\r\n{\"code\":\"BUSY\"}")
    let answer = try site.post("/wxpay/pay")
    #expect(answer.status == 503)
    #expect(answer.body == #"{"code":"BUSY"}"#)
  }

  @Test func `no header of an answer steers nginx`() throws {
    let site = try RecordedSite(
      siteConfiguration: "location = /secret { internal; return 200 secret; }",
      answer: "X-Accel-Redirect: /secret\r\nContent-Type: text/plain\r\n\r\nthe answer")
    #expect(try site.post("/wxpay/pay").body == "the answer")
  }

  @Test func `the cache of the site keeps no answer`() throws {
    let site = try RecordedSite(
      siteConfiguration: """
        fastcgi_cache site;
        fastcgi_cache_key $request_uri;
        fastcgi_cache_valid any 1h;
        fastcgi_cache_methods GET HEAD POST;
        """,
      httpConfiguration: "fastcgi_cache_path cache keys_zone=site:1m;")
    _ = try site.post("/wxpay/pay")
    _ = try site.post("/wxpay/pay")
    #expect(site.count == 2)
  }

  @Test func `too many requests of one address are refused, this machine's own are not`() throws {
    let site = try RecordedSite()
    let many = Array(repeating: "/wxpay/refund-apply", count: 150)
    #expect(Set(try site.statuses(many)) == [200])
    let ofAnother = try site.statuses(many, "--interface", "127.0.0.2")
    #expect(Set(ofAnother) == [200, 429])
    #expect(site.count == 150 + ofAnother.count { $0 == 200 })
  }

  @Test func `a network of IPv6 is counted as one address`() throws {
    let site = try RecordedSite(
      siteConfiguration: "set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;")
    func statuses(_ addresses: [String]) throws -> Set<Int> {
      try addresses.reduce(into: []) { found, address in
        found.formUnion(
          try site.statuses(
            Array(repeating: "/wxpay/refund-apply", count: 15), "-H", "X-Real-IP: \(address)"))
      }
    }
    // However nginx writes them, these are of one network.
    let tails = ["1", "1:0:0:1", "0:1:0:0:0:1", "0:0:1:2:3:4", "ffff:0:0:0", "2:3:4:5", "7", "8"]
    for prefix in ["2001:db8::", "2001:db8:1::", "2001:db8:1:2:", "2400::"] {
      let network = tails.map { tail in
        let groups = tail.split(separator: ":").suffix(4)
        let zeros = prefix.hasSuffix("::") ? "" : String(repeating: "0:", count: 4 - groups.count)
        return prefix + zeros + groups.joined(separator: ":")
      }
      #expect(try statuses(network) == [200, 429], "\(network)")
    }
    // These are of as many networks as there are.
    #expect(try statuses((10..<18).map { "2001:db8:7:\($0)::1" }) == [200])
    #expect(try statuses((10..<18).map { "2001:db8:\($0)::1" }) == [200])
    #expect(try statuses((10..<18).map { "2001::\($0):1:2:3:4" }) == [200])
    #expect(try statuses((10..<18).map { "::ffff:192.0.2.\($0)" }) == [200])
  }

  @Test(arguments: ["/wxpay/health", "/wxpay/metrics"])
  func `other machines do not see health and metrics`(path: String) throws {
    let site = try RecordedSite()
    #expect(try site.post(path, "--interface", "127.0.0.2").status == 403)
    #expect(site.count == 0)
  }

  @Test func `a reload changes nothing`() throws {
    let site = try RecordedSite()
    #expect(try site.post("/wxpay/pay").status == 200)
    try site.nginx.reload()
    #expect(try site.post("/wxpay/pay").status == 200)
    #expect(site.count == 2)
  }
}
