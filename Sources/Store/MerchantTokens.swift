package import MariaDB
package import Payments

/// What the holder of a merchant token may do. Roles nest: each may do what the one before may.
package enum Role: String, CaseIterable, Comparable, Sendable {
  /// Reads orders and refunds.
  case reader
  /// Also creates and closes orders, and refunds directly.
  case cashier
  /// Also approves, rejects and withdraws refunds.
  case reviewer

  package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .reader: 0
    case .cashier: 1
    case .reviewer: 2
    }
  }
}

/// Tokens of the merchant API (商户接口令牌).
package struct MerchantTokens: Sendable {
  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// Who a token stands for.
  package struct Holder: Sendable, Equatable {
    package let merchant: MerchantName
    /// Stands in the journal as `merchant:NAME`.
    package let name: String
    /// What the holder may do.
    package let role: Role
  }

  /// - Parameters:
  ///   - name: 1 to 48 characters without control characters; the caller has checked it.
  ///   - lifeSeconds: how long the token is valid.
  /// - Returns: the bearer token, which cannot be read again later.
  package func create(
    merchant: MerchantName, name: String, role: Role, lifeSeconds: Int64, by act: Act
  ) throws -> String {
    let token = Bearer.random()
    try database.withConnection(until: act.deadline) { connection in
      _ = try connection.execute(
        """
        INSERT INTO merchant_token (token_hash, merchant, name, role, created_at, expires_at)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        [
          .bytes(token.digest), .text(merchant.text), .text(name), .text(role.rawValue),
          .integer(act.now.microseconds),
          .integer(act.now.adding(seconds: lifeSeconds).microseconds),
        ])
    }
    return token.text
  }

  /// A token as it is listed; the token itself cannot be read again.
  package struct Entry: Sendable, Equatable {
    package let holder: Holder
    package let createdAt: BeijingTime
    package let expiresAt: BeijingTime
    /// `nil` for one that was not revoked.
    package let revokedAt: BeijingTime?
  }

  /// A merchant's tokens, the oldest first, ended ones included.
  package func list(merchant: MerchantName, by act: Act) throws -> [Entry] {
    try database.withConnection(until: act.deadline) { connection in
      try connection.query(
        """
        SELECT merchant, name, role, created_at, expires_at, revoked_at
        FROM merchant_token WHERE merchant = ? ORDER BY created_at, name
        """, [.text(merchant.text)]
      ).map { row in
        let columns = Columns(table: "merchant_token", row: row)
        return Entry(
          holder: try Holder(columns),
          createdAt: BeijingTime(microseconds: try row.integer("created_at")),
          expiresAt: BeijingTime(microseconds: try row.integer("expires_at")),
          revokedAt: try columns.time("revoked_at"))
      }
    }
  }

  /// Ends every token of a name at once.
  ///
  /// - Returns: how many were valid until now.
  package func revoke(merchant: MerchantName, name: String, by act: Act) throws -> Int {
    try database.withConnection(until: act.deadline) { connection in
      try connection.execute(
        """
        UPDATE merchant_token SET revoked_at = ?
        WHERE merchant = ? AND name = ? AND revoked_at IS NULL AND expires_at > ?
        """,
        [
          .integer(act.now.microseconds), .text(merchant.text), .text(name),
          .integer(act.now.microseconds),
        ])
    }
  }

  /// - Returns: `nil` for a token that is unknown, expired or revoked.
  package func find(token: String, by act: Act) throws -> Holder? {
    try database.withConnection(until: act.deadline) { connection in
      try connection.query(
        """
        SELECT merchant, name, role FROM merchant_token
        WHERE token_hash = ? AND expires_at > ? AND revoked_at IS NULL
        """, [.bytes(Bearer(text: token).digest), .integer(act.now.microseconds)]
      ).first.map { try Holder(Columns(table: "merchant_token", row: $0)) }
    }
  }
}

extension MerchantTokens.Holder {
  fileprivate init(_ columns: Columns) throws {
    self.init(
      merchant: try columns.value("merchant", MerchantName.init),
      name: try columns.row.text("name"), role: try columns.value("role", Role.init))
  }
}
