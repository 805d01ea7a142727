/// The ways on which a shop can be told what happened, in the order in which they are served.
package enum ShopChannel: String, CaseIterable, Sendable {
  /// Statements of the configuration change the shop's own tables.
  case shopTables = "shop_tables"
  /// WeChat's own message goes to the script that received it before.
  case relay
  /// Signed JSON goes to an address of the shop's.
  case webhook
}
