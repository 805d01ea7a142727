import Testing

@testable import Configuration

@Suite struct SettingsWebAddressTests {
  @Test(arguments: [
    "https://shop.example/n", "https://8.8.8.8/n", "https://172.32.0.1/n", "https://100.128.0.1/n",
    "https://[2001:db8::1]/n", "https://fe.example/n",
  ])
  func `an address on the internet can be called by WeChat`(_ text: String) {
    #expect(WebAddress(text)?.isPublic == true)
  }

  @Test(arguments: [
    "https://localhost/n", "https://shop/n", "https://shop.local/n", "https://127.0.0.1/n",
    "https://10.1.2.3/n", "https://172.16.0.1/n", "https://192.168.0.1/n", "https://169.254.1.1/n",
    "https://100.64.0.1/n", "https://[::1]/n", "https://[fe80::1]/n", "https://[fd00::1]/n",
    "https://0.0.0.0/n", "https://1.2.3/n", "https://224.0.0.1/n",
  ])
  func `an address of this machine or a private network cannot`(_ text: String) {
    #expect(WebAddress(text)?.isPublic == false)
  }

  @Test(arguments: [
    "http://shop.example/n", "https:///n", "https://", "shop.example/n", "https://a@shop.example/n",
    "https://a:b@shop.example/n", "https://shop.example/n?a=1", "https://shop.example/n#a",
    "https://shop.example/ n", "https://shop.example/通知", "ftp://shop.example/n",
    "https://shop.example/" + String(repeating: "a", count: 255),
  ])
  func `an address that is not plain https is refused`(_ text: String) {
    #expect(WebAddress(text) == nil)
  }

  @Test func `only WeChat's own names are WeChat's`() {
    #expect(WebAddress("https://api.mch.weixin.qq.com")?.isWeChat == true)
    #expect(WebAddress("https://API.WeChatPay.cn")?.isWeChat == true)
    #expect(WebAddress("https://weixin.qq.com.example")?.isWeChat == false)
    #expect(WebAddress("https://notweixin.qq.com")?.isWeChat == false)
  }
}
