import Curl
import FoundationEssentials
import Linux
import OpenSSL
import Payments

extension Check {
  /// Root may read every file; whether the service may, only the service's user can tell.
  static func checkUser(_ file: String) -> [Finding] {
    guard effectiveUserID() == 0 else { return [.ok("user", "checked as \(userName())")] }
    return [
      .warn(
        "user", "checked as root, whom no file mode stops",
        "check as the service's user too, with: sudo -u weixinpay weixinpay check --config \(file)")
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

  static func checkSockets(_ listen: Settings.Listen) -> [Finding] {
    let sockets = [("api", listen.api), ("notify", listen.notify), ("merchant", listen.merchant)]
    return sockets.map { name, listener in
      checkSocket("listen.\(name).socket", listener.socket)
    } + checkPeers(listen.peers)
  }

  private static func checkSocket(_ subject: String, _ path: String) -> Finding {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    let create = "run: install -d -m 0750 -o weixinpay -g weixinpay \(folder)"
    guard let status = FileStatus(path: folder) else {
      return .fail(subject, "the folder \(folder) cannot be seen", create)
    }
    guard status.isDirectory else { return .fail(subject, "\(folder) is no folder", create) }
    // Whoever may write there can put a socket of his own in the place of ours.
    guard status.mode & 0o002 == 0 else {
      return .fail(subject, "every user may write in \(folder)", "run: chmod 0750 \(folder)")
    }
    guard FileManager.default.isWritableFile(atPath: folder) else {
      return .fail(subject, "\(userName()) may not write in \(folder)", create)
    }
    if let existing = FileStatus(path: path), !existing.isSocket {
      return .fail(subject, "\(path) is there and is no socket", "remove it or name another path")
    }
    guard status.mode & 0o005 == 0 else {
      return .warn(
        subject, "every user may enter \(folder)",
        "run: chmod 0750 \(folder), with nginx's user in its group")
    }
    return .ok(subject, "\(folder) is there and ours to write")
  }

  private static func checkPeers(_ peers: [String]) -> [Finding] {
    let known = peers.filter { userID(named: $0) != nil }
    guard !known.isEmpty else {
      return [
        .warn(
          "listen.peers", "this machine knows none of the users \(peers.joined(separator: ", "))",
          "add the user that nginx runs as; only root and \(userName()) may connect")
      ]
    }
    return [.ok("listen.peers", "\(known.joined(separator: ", ")) may connect")]
  }

  /// A handshake with each host, as nothing else tells whether the network lets us out.
  static func checkWeChat(_ wechat: WeChatSettings) -> [Finding] {
    (wechat.pay + [wechat.login]).map { host in
      do throws(CurlError) {
        var session = try Session(SessionOptions(caFile: wechat.caFile))
        _ = try session.send(
          HTTPRequest(method: .get, url: host + "/"), connectTimeout: .seconds(2),
          timeout: .seconds(10))
        return .ok("wechat", "\(host) answers")
      } catch {
        return .warn(
          "wechat", "no answer from \(error.message)",
          "look at DNS, firewall and certificates of this machine")
      }
    }
  }
}
