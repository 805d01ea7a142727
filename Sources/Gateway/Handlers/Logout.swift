import Checkout
import Server
import Store

/// `DELETE login`: ends the session of the bearer token, on this device alone.
///
/// A token that has ended already is answered in the same way: a repetition changes nothing.
enum Logout {
  static func handle(_ context: Context) throws -> Response {
    let token = try context.bearer(orRefuse: .loginRequired)
    try context.services.sessions.end(token: token, by: context.act("buyer"))
    return Answer.json(["logged_out": .bool(true)])
  }
}
