/// Why a test could not be set up: what was tried and what to do about it.
package struct TestSupportError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
