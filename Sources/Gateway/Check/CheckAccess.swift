import Configuration
import FoundationEssentials
import Linux

/// Who can read what: nginx's users reach the sockets, and nothing else of ours.
///
/// A site's PHP runs as nginx's user as a rule. What nginx can read, a hole in the shop can read too.
extension Check {
  /// - Parameter file: the configuration file.
  static func checkAccess(_ settings: Settings, file: String) -> [Finding] {
    let file = URL(filePath: file).absoluteURL.path
    return checkSecrets(settings)
      + settings.listen.peers.compactMap(Account.init(named:)).filter(\.isStranger)
      .filter { $0.may(.write, file) }.map { peer in
        .fail(
          "configuration", "\(peer.name), as whom nginx runs, may write \(file)",
          "run: chmod 640 \(file)")
      }
  }

  /// Whether the users of nginx can read a key.
  static func checkSecrets(_ settings: Settings) -> [Finding] {
    let peers = settings.listen.peers.compactMap(Account.init(named:))
    let strangers = peers.filter(\.isStranger)
    let readable = strangers.compactMap { $0.finding(of: settings.secretFiles.map(\.path)) }
    var findings = readable
    if readable.isEmpty, !strangers.isEmpty {
      let names = strangers.map(\.name).joined(separator: ", ")
      findings.append(.ok("secrets", "closed to \(names)"))
    }
    if peers.contains(where: { $0.userID == effectiveUserID() && $0.userID != 0 }) {
      findings.append(
        .warn(
          "secrets",
          "the gateway runs as \(userName()), as nginx does: a hole in the shop's PHP shows its keys",
          "run it as a user of its own (Install.md, step 2)"))
    }
    return findings
  }
}

extension Account {
  /// Neither root nor ourselves.
  fileprivate var isStranger: Bool { userID != 0 && userID != effectiveUserID() }

  /// What to do about secrets that it can read; `nil` when they are closed to it.
  ///
  /// Modes that let everybody read were refused before: it is as the owner, or by a group.
  fileprivate func finding(of secrets: [String]) -> Finding? {
    let open = secrets.filter { may(.read, $0) }
    guard let first = open.first, let status = FileStatus(path: first) else { return nil }
    let others = open.count > 1 ? " and \(open.count - 1) more" : ""
    if status.ownerUserID == userID {
      return .fail(
        "secrets", "\(name), as whom nginx and its PHP run, owns \(first)\(others)",
        "run: chown root \(first)")
    }
    let group = groupName(status.groupID)
    return .fail(
      "secrets",
      "\(name), as whom nginx and its PHP run, can read \(first)\(others), by the group \(group)",
      "run: gpasswd -d \(name) \(group); the sockets have a group of their own (Install.md, step 2);"
        + " then restart nginx and PHP, which keep the groups that they have")
  }
}

extension Check {
  /// Whether those who are to connect reach the sockets, and nobody can put others in their place.
  static func checkSockets(_ listen: Settings.Listen, file: String) -> [Finding] {
    let sockets = [("api", listen.api), ("notify", listen.notify), ("merchant", listen.merchant)]
    let peers = listen.peers.compactMap(Account.init(named:))
    return sockets.map { name, listener in
      checkSocket("listen.\(name).socket", listener.socket, peers, file)
    } + checkPeers(listen, peers)
  }

  private static func checkSocket(
    _ subject: String, _ path: String, _ peers: [Account], _ file: String
  ) -> Finding {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    let create = "run: install -d -m 2750 -o weixinpay -g weixinpay-nginx \(folder)"
    guard let status = FileStatus(path: folder) else {
      return .fail(subject, "the folder \(folder) cannot be seen", create)
    }
    guard status.isDirectory else { return .fail(subject, "\(folder) is no folder", create) }
    // A user who may write there can put a socket of their own in the place of ours.
    guard status.mode & 0o002 == 0 else {
      return .fail(subject, "every user may write in \(folder)", "run: chmod o-w \(folder)")
    }
    if let writer = peers.first(where: { $0.isStranger && $0.may(.write, folder) }) {
      return .fail(
        subject, "\(writer.name) may write in \(folder), and put another socket there",
        "run: chmod g-w \(folder), or give the folder to the gateway's user")
    }
    guard FileManager.default.isWritableFile(atPath: folder) else {
      return .fail(
        subject, "\(userName()) may not write in \(folder)",
        peers.contains { $0.userID == effectiveUserID() }
          ? "check as the gateway's user, with: \(OperatorCommand.asService("check", file))"
          : create)
    }
    if let existing = FileStatus(path: path), !existing.isSocket {
      return .fail(subject, "\(path) is there and is no socket", "remove it or name another path")
    }
    guard status.mode & 0o005 == 0 else {
      return .warn(
        subject, "every user may enter \(folder)",
        "run: chmod o-rx \(folder), with nginx's user in its group")
    }
    return .ok(subject, "\(userName()) may write in \(folder)")
  }

  private static func checkPeers(_ listen: Settings.Listen, _ peers: [Account]) -> [Finding] {
    guard let first = peers.first else {
      return [
        .warn(
          "listen.peers",
          "this machine knows none of the users \(listen.peers.joined(separator: ", "))",
          "add the user that nginx runs as; only root and \(userName()) may connect")
      ]
    }
    let blocked = peers.map { ($0, $0.blockedAt(listen.sockets)) }
    let able = blocked.filter { $0.1 == nil }.map(\.0.name)
    guard able.isEmpty else {
      let others = blocked.filter { $0.1 != nil }.map(\.0.name)
      let rest = others.isEmpty ? "" : "; \(others.joined(separator: ", ")) may not"
      return [.ok("listen.peers", "\(able.joined(separator: ", ")) may connect\(rest)")]
    }
    let place = first.blockedAt(listen.sockets) ?? ""
    let group = FileStatus(path: place).map { groupName($0.groupID) } ?? "weixinpay-nginx"
    // The group of root, or of the gateway itself, is nobody's to join.
    let isOwn = [groupName(effectiveGroupID()), "root", "weixinpay"].contains(group)
    return [
      .fail(
        "listen.peers", "none of \(peers.map(\.name).joined(separator: ", ")) may pass \(place)",
        isOwn
          ? "give the sockets a group of their own, and nginx's user to it (Install.md, step 2)"
          : "run: usermod -aG \(group) \(first.name); then reload nginx")
    ]
  }
}

extension Settings.Listen {
  fileprivate var sockets: [String] { [api.socket, notify.socket, merchant.socket] }
}

extension Account {
  /// The first folder or socket that keeps it from connecting; `nil` when nothing does. A socket that
  /// is not there yet keeps nobody out.
  fileprivate func blockedAt(_ sockets: [String]) -> String? {
    for socket in sockets {
      let folders = foldersAbove(socket)
      for folder in folders where !may(.search, folder) { return folder }
      if FileStatus(path: socket) != nil, !may(.write, socket) { return socket }
    }
    return nil
  }
}
