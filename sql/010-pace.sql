-- When the next call of a kind may go to WeChat on a merchant's behalf, whichever process makes it.
CREATE TABLE pace (
  merchant VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
           COMMENT 'name of the merchant in the configuration (商户)',
  kind     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
           COMMENT 'which calls (调用类型)',
  next_at  BIGINT NOT NULL
           COMMENT 'not before, microseconds since 1970 UTC (下次允许时间)',
  PRIMARY KEY (merchant, kind)
) ENGINE = InnoDB COMMENT = 'rate limits towards WeChat (调用频率)';
