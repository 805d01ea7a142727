import Testing

@testable import Simulator

/// Published samples pin both digests.
@Suite struct SigningTests {
  /// A published sample: fields, key, and the signatures that were printed beside it.
  struct Sample: Sendable {
    let name: String
    let key: String
    let fields: [Field]
    let md5: String?
    let hmacSHA256: String?
  }

  static let samples = [
    Sample(
      name: "the signature page's example (S01)", key: "192006250b4c09247ec02edce69f6a2d",
      fields: [
        Field("appid", "wxd930ea5d5a258f4f"), Field("mch_id", "10000100"),
        Field("device_info", "1000"), Field("body", "test"),
        Field("nonce_str", "ibuaiVcKdpRxkhJA"),
      ], md5: "9A0A8659F005D6984697E2CA0A9CF3B7",
      hmacSHA256: "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"),
    Sample(
      name: "a micropay order (S03)", key: "8934e7d15453e97507ef794cf7b0519d",
      fields: [
        Field("appid", "wxd930ea5d5a258f4f"), Field("auth_code", "123456"),
        Field("body", "test"), Field("device_info", "123"), Field("mch_id", "1900000109"),
        Field("nonce_str", "960f228109051b9969f76c82bde183ac"),
        Field("out_trade_no", "1400755861"), Field("spbill_create_ip", "127.0.0.1"),
        Field("total_fee", "1"),
      ], md5: "729A68AC3DE268DBD9ADE442382E7B24", hmacSHA256: nil),
    Sample(
      name: "Chinese text and an address (S05)", key: "key",
      fields: [
        Field("body", "测试商品"), Field("out_trade_no", "test003"), Field("total_fee", "1"),
        Field("spbill_create_ip", "127.0.0.1"), Field("notify_url", "http://making.dev/notify"),
        Field("trade_type", "JSAPI"), Field("openid", "OPENID"), Field("app_id", "app_id"),
        Field("mch_id", "mch_id"),
      ], md5: "172A2D487A37D13FDE32B874BA823DD6", hmacSHA256: nil),
    Sample(
      name: "an empty value is left out (S06)", key: "yansongda",
      fields: [Field("name", "yansongda"), Field("age", "29"), Field("foo", "")],
      md5: "3213848AED2C380749FD1D559555881D", hmacSHA256: nil),
    Sample(
      name: "names in byte order (S21)", key: "0123456789abcdefABCDEFxyz_+-=!~*",
      fields: [
        Field("coupon_fee", "6"), Field("coupon_fee_1", "1"), Field("coupon_fee_10", "2"),
        Field("coupon_fee_2", "3"), Field("coupon_fee_0", "0"), Field("Zeta", "z"),
        Field("_x", "u"), Field("alpha", "a"), Field("appid", "wx1"),
      ], md5: "158A2A0F0A3882A7E26CEF0D3A09D733",
      hmacSHA256: "DA8D1EB74A0D459EBD32E9F970AD73624417D929502A68F1941B7668E4A199F2"),
    Sample(
      name: "the second signature (R03, R04)", key: "192006250b4c09247ec02edce69f6a2d",
      fields: [
        Field("appId", "wx0123456789abcdef"), Field("timeStamp", "1767225600"),
        Field("nonceStr", "e61463f8efa94090b1f366cccfbbb444"),
        Field("package", "prepay_id=wx201410272009395522657a690389285100"),
        Field("signType", "MD5"),
      ], md5: "4214DB594C75627A2AFF7FE07DAFBB44", hmacSHA256: nil),
  ]

  @Test(arguments: samples)
  func `published samples come out as printed`(sample: Sample) {
    let message = Message(sample.fields)
    if let md5 = sample.md5 { #expect(message.signature(.md5, key: sample.key) == md5) }
    if let hmac = sample.hmacSHA256 {
      #expect(message.signature(.hmacSHA256, key: sample.key) == hmac)
    }
  }

  @Test func `a signature holds for nothing but its document, key and digest`() {
    var message = Message(Self.samples[0].fields)
    message.sign(.md5, key: "k")
    #expect(message.isSigned(.md5, key: "k"))
    #expect(!message.isSigned(.md5, key: "K"))
    #expect(!message.isSigned(.hmacSHA256, key: "k"))
    #expect(!message.with("body", "Test").isSigned(.md5, key: "k"))
    #expect(!message.with("extra", "1").isSigned(.md5, key: "k"))
    let lowered = message.with("sign", message["sign"]?.lowercased())
    #expect(!lowered.isSigned(.md5, key: "k"))
    #expect(!message.with("sign", nil).isSigned(.md5, key: "k"))
    #expect(message.with("extra", "").isSigned(.md5, key: "k"))
  }
}
