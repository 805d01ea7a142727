public import Server
public import Store

/// An order as the merchant API shows it, with its history; `order show --json` prints the same.
public func merchantView(of record: OrderRecord, timeline: [JournalEntry]) -> JSON {
  OrderView(record).forMerchant(timeline)
}
