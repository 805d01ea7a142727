/// How likely something is to happen, drawn anew each time.
struct Chance: Sendable {
  /// 0 to 1.
  let probability: Double
  /// The same seed draws the same results in the same order; nil: the system's randomness.
  let seed: UInt64?
  private var generator: SeededGenerator

  init(probability: Double, seed: UInt64? = nil) {
    self.probability = probability
    self.seed = seed
    generator = SeededGenerator(state: seed ?? UInt64.random(in: 0 ... .max))
  }

  mutating func draw() -> Bool {
    Double.random(in: 0..<1, using: &generator) < probability
  }
}

/// SplitMix64: numbers that look random and are the same for the same seed.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
