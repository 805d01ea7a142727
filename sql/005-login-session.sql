-- A buyer's login. The token itself is never stored, and WeChat's session_key not at all.
CREATE TABLE login_session (
  token_hash BINARY(32) NOT NULL
             COMMENT 'SHA-256 of the bearer token (令牌摘要)',
  merchant   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
             COMMENT 'whose mini-program it is (商户)',
  openid     VARCHAR(128) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
             COMMENT 'the buyer (用户标识)',
  created_at BIGINT NOT NULL
             COMMENT 'microseconds since 1970 UTC (登录时间)',
  expires_at BIGINT NOT NULL
             COMMENT 'microseconds since 1970 UTC (失效时间)',
  PRIMARY KEY (token_hash),
  KEY by_expiry (expires_at)
) ENGINE = InnoDB COMMENT = 'logins of buyers (小程序登录态)';
