-- Every notification whose signature was right, as it came: the evidence behind a state.
CREATE TABLE notification (
  id             BIGINT NOT NULL AUTO_INCREMENT
                 COMMENT 'number of the stored message (编号)',
  merchant       VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                 COMMENT 'whose key verified the signature (商户)',
  digest         BINARY(32) NOT NULL
                 COMMENT 'SHA-256 of the body: the same message is stored once (摘要)',
  out_trade_no   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                 COMMENT 'the attempt it names (商户订单号)',
  transaction_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                 COMMENT 'the payment it names (微信支付订单号)',
  outcome        VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                 COMMENT 'applied, duplicate, ignored or quarantined (处理结果)',
  reason         VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                 COMMENT 'the alarm that quarantined it (隔离原因)',
  body           MEDIUMBLOB NOT NULL
                 COMMENT 'the message, byte for byte (原始报文)',
  received_at    BIGINT NOT NULL
                 COMMENT 'first arrival, microseconds since 1970 UTC (接收时间)',
  PRIMARY KEY (id),
  UNIQUE KEY stored_once (merchant, digest),
  KEY by_attempt (merchant, out_trade_no)
) ENGINE = InnoDB COMMENT = 'verified notifications of WeChat (微信通知)';
