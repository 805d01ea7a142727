-- A bearer token of the shop's backend or of a member of its staff.
CREATE TABLE merchant_token (
  token_hash BINARY(32) NOT NULL
             COMMENT 'SHA-256 of the bearer token (令牌摘要)',
  merchant   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
             COMMENT 'the merchant it acts for (商户)',
  name       VARCHAR(48) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
             COMMENT 'who holds it; stands in the journal (持有人)',
  role       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
             COMMENT 'reader, cashier or reviewer (角色)',
  created_at BIGINT NOT NULL
             COMMENT 'microseconds since 1970 UTC (创建时间)',
  expires_at BIGINT NOT NULL
             COMMENT 'microseconds since 1970 UTC (失效时间)',
  revoked_at BIGINT NULL
             COMMENT 'microseconds since 1970 UTC (吊销时间); NULL: valid',
  PRIMARY KEY (token_hash),
  CONSTRAINT known_role CHECK (role IN ('reader', 'cashier', 'reviewer'))
) ENGINE = InnoDB COMMENT = 'tokens of the merchant API (商户接口令牌)';
