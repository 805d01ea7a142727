/// A reload under way: workers are replaced one by one, each by one that has said that it works.
struct Replacement {
  /// Those whose turn has not come, by number.
  private var waiting: [Int]
  /// Whose turn it is.
  private(set) var current: Int?
  /// Whether a new worker has told what the new configuration asks for.
  private(set) var isAccepted = false

  /// - Parameter processes: how many workers there are; their numbers begin at 1.
  init(processes: Int) { waiting = Array(1...processes) }

  /// The next whose turn it is; nil when all had theirs.
  mutating func next() -> Int? {
    current = waiting.isEmpty ? nil : waiting.removeFirst()
    return current
  }

  /// Takes up how many processes the new configuration asks for, where there were `before`.
  mutating func accept(processes: Int, before: Int) {
    guard !isAccepted else { return }
    isAccepted = true
    waiting.removeAll { $0 > processes }
    if processes > before { waiting += before + 1...processes }
  }
}
