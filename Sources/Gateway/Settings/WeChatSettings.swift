/// Where WeChat is, or the simulator that stands for it.
public struct WeChatSettings: Sendable, Equatable {
  /// Base URLs of the payment API without a slash at the end, the main host first; at least one.
  public let pay: [String]
  /// Base URL of the login API.
  public let login: String
  /// A simulator's own certificates; `nil` for WeChat, which the system's certificates prove.
  public let caFile: String?
}
