/// What is due when: a binary heap, the earliest first.
struct Timetable: Sendable {
  enum Duty: Equatable, Sendable {
    /// A delivery of the notification of a payment.
    case payment(outTradeNo: String)
    /// A delivery of the notification of a refund.
    case refund(outRefundNo: String)
    /// Refunds have to end.
    case settlement
  }

  struct Entry: Equatable, Sendable {
    /// Microseconds since 1970.
    let at: Int64
    let duty: Duty
  }

  private var heap: [Entry] = []

  /// When the earliest entry is due; nil when there is none.
  var earliest: Int64? { heap.first?.at }

  mutating func add(_ entry: Entry) {
    heap.append(entry)
    var place = heap.count - 1
    while place > 0, heap[place].at < heap[(place - 1) / 2].at {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// Removes and gives the earliest entry if its time has come.
  mutating func takeDue(at now: Int64) -> Entry? {
    guard let first = heap.first, first.at <= now else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    sink()
    return first
  }

  private mutating func sink() {
    var place = 0
    while true {
      let children = (2 * place + 1)..<min(2 * place + 3, max(heap.count, 2 * place + 1))
      guard let child = children.min(by: { heap[$0].at < heap[$1].at }),
        heap[child].at < heap[place].at
      else { return }
      heap.swapAt(place, child)
      place = child
    }
  }
}
