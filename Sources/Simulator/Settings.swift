/// Whom the simulator plays WeChat for, and how.
package struct Settings: Sendable {
  /// The mini-program (小程序) and its secret.
  package var appID: String
  package var appSecret: String
  /// The merchant (商户号) and its APIv2 key, 32 characters.
  package var mchID: String
  package var apiKey: String
  /// The folder of `ledger.log` and `wire.log`.
  package var stateFolder: String
  /// Certificates to trust when notifying; nil: the system's.
  package var caFile: String?
  /// How much faster than at WeChat notifications are repeated and prepay sessions end.
  package var speed: Double
  /// How old an order must be to be closed; real merchants report five minutes.
  package var closeAfterSeconds: Int64

  package init(
    appID: String, appSecret: String, mchID: String, apiKey: String, stateFolder: String,
    caFile: String? = nil, speed: Double = 1, closeAfterSeconds: Int64 = 0
  ) {
    precondition(speed > 0, "Time runs forward.")
    self.appID = appID
    self.appSecret = appSecret
    self.mchID = mchID
    self.apiKey = apiKey
    self.stateFolder = stateFolder
    self.caFile = caFile
    self.speed = speed
    self.closeAfterSeconds = closeAfterSeconds
  }

  /// Two hours, divided by the speed; in microseconds.
  var prepayLife: Int64 { Int64(7_200_000_000 / speed) }
}
