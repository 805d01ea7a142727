import Foundation

/// Waits until `condition` holds.
///
/// - Parameter what: what is waited for, for the error.
/// - Throws: `TestSupportError` when it does not hold within `patience`; what `condition` throws.
package func eventually(
  _ what: String, within patience: Duration = .seconds(30), _ condition: () throws -> Bool
) throws {
  let end = ContinuousClock.now + patience
  while try !condition() {
    guard ContinuousClock.now < end else {
      throw TestSupportError("waited \(patience) in vain for \(what)")
    }
    usleep(5_000)
  }
}
