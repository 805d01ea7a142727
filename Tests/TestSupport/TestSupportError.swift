/// Why a test could not be set up: what was tried and what to do about it.
public struct TestSupportError: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
