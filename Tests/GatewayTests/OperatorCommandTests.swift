import Testing

@testable import Gateway

@Suite struct OperatorCommandTests {
  @Test(arguments: [
    ("/etc/weixinpay.yaml", "/etc/weixinpay.yaml"), ("/srv/my shop.yaml", "'/srv/my shop.yaml'"),
    ("/srv/o'hara/$x.yaml", "'/srv/o'\\''hara/$x.yaml'"), ("商城.yaml", "'商城.yaml'"),
  ])
  func `a command can be pasted into a shell`(_ file: String, _ word: String) {
    #expect(OperatorCommand.migrate(file) == "weixinpay migrate --config \(word)")
    #expect(
      OperatorCommand.asService("check", file)
        == "runuser -u weixinpay -- weixinpay check --config \(word)")
  }
}
