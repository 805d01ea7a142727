import Foundation

/// The path of an executable of this package, as built together with the running tests.
///
/// `name` is the product's: `weixinpay`, `wechat-simulator`. The tests' own executable lies in the
/// same folder, whatever the build folder is called and whether it is a debug build or not.
package func builtProduct(_ name: String) -> String {
  let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
  return tests.deletingLastPathComponent().appendingPathComponent(name).path
}

/// The path of a file of this package's source, such as `nginx/weixinpay.conf`.
package func sourceFile(_ path: String) -> String {
  let here = URL(fileURLWithPath: #filePath)
  let root = here.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return root.appendingPathComponent(path).path
}
