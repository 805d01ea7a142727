package import MariaDB
package import Payments

/// Logins of buyers (小程序登录态).
package struct LoginSessions: Sendable {
  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// Who a token stands for.
  package struct Session: Sendable, Equatable {
    package let merchant: MerchantName
    package let openID: OpenID
  }

  /// How many devices of a buyer are logged in at most; the oldest is logged out for the next one.
  package static let mostOfOneBuyer = 5

  /// Begins a session.
  ///
  /// - Returns: the bearer token, which cannot be read again later.
  package func begin(
    merchant: MerchantName, openID: OpenID, lifeSeconds: Int64, by act: Act
  ) throws -> String {
    let token = Bearer.random()
    try database.withConnection(until: act.deadline) { connection in
      // A few dead sessions go with each new one, so that the table keeps its size.
      try connection.execute(
        "DELETE FROM login_session WHERE expires_at < ? LIMIT 4", [.integer(act.now.microseconds)])
      try connection.execute(
        """
        INSERT INTO login_session (token_hash, merchant, openid, created_at, expires_at)
        VALUES (?, ?, ?, ?, ?)
        """,
        [
          .bytes(token.digest), .text(merchant.text), .text(openID.text),
          .integer(act.now.microseconds),
          .integer(act.now.adding(seconds: lifeSeconds).microseconds),
        ])
      let surplus = try connection.query(
        """
        SELECT token_hash FROM login_session WHERE merchant = ? AND openid = ? AND token_hash <> ?
        ORDER BY created_at DESC, token_hash LIMIT 100 OFFSET ?
        """,
        [
          .text(merchant.text), .text(openID.text), .bytes(token.digest),
          .integer(Int64(Self.mostOfOneBuyer) - 1),
        ])
      for row in surplus {
        try connection.execute(
          "DELETE FROM login_session WHERE token_hash = ?", [.bytes(try row.bytes("token_hash"))])
      }
    }
    return token.text
  }

  /// Ends a session; one that has ended already stays so.
  package func end(token: String, by act: Act) throws {
    try database.withConnection(until: act.deadline) { connection in
      try connection.execute(
        "DELETE FROM login_session WHERE token_hash = ?", [.bytes(Bearer(text: token).digest)])
    }
  }

  /// - Returns: `nil` for a token that is unknown or dead.
  package func find(token: String, by act: Act) throws -> Session? {
    try database.withConnection(until: act.deadline) { connection in
      try connection.query(
        "SELECT merchant, openid FROM login_session WHERE token_hash = ? AND expires_at > ?",
        [.bytes(Bearer(text: token).digest), .integer(act.now.microseconds)]
      ).first.map { row in
        let columns = Columns(table: "login_session", row: row)
        return Session(
          merchant: try columns.value("merchant", MerchantName.init),
          openID: try columns.value("openid", OpenID.init))
      }
    }
  }
}
