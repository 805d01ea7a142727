import Payments
import WeChatPay

let key = APIKey(unchecked: "Zq3vN8sKx1LwTb6RdYh2Gm9JcPf5Ua7E")

let merchant = Merchant(
  name: MerchantName("main")!, appID: AppID("wx0123456789abcdef")!, appSecret: Secret("secret"),
  merchantID: MerchantID("1900000109")!, apiKey: key, signType: .md5,
  notifyURL: "https://shop.example/", refundNotifyURL: nil)
