import Linux
import Payments

extension Check {
  /// Root may read every file; whether the service may, only the service's user can tell.
  static func checkUser(_ file: String) -> [Finding] {
    guard effectiveUserID() == 0 else { return [.ok("user", "checked as \(userName())")] }
    return [
      .warn(
        "user", "checked as root, whom no file mode stops",
        "check as the service's user too, with: \(OperatorCommand.asService("check", file))")
    ]
  }

  /// A clock of another year makes certificates invalid and closes orders at once.
  static func checkClock() -> [Finding] {
    let now = BeijingTime(microseconds: microsecondsSince1970())
    guard let earliest = BeijingTime(compact: "20260101000000"),
      let latest = BeijingTime(compact: "20760101000000"), earliest < now, now < latest
    else {
      return [
        .fail(
          "clock", "this machine believes it is \(now.rfc3339)", "set the clock; run an NTP client")
      ]
    }
    return [.ok("clock", "\(now.rfc3339) (Beijing time)")]
  }
}
