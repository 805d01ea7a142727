-- Who changed what, when and on what evidence. Rows are only ever added: the gateway's database
-- user has no right to change or delete them.
CREATE TABLE journal (
  id              BIGINT NOT NULL AUTO_INCREMENT
                  COMMENT 'number of the entry (编号)',
  at              BIGINT NOT NULL
                  COMMENT 'microseconds since 1970 UTC (时间)',
  merchant        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                  COMMENT 'name of the merchant in the configuration (商户)',
  order_no        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                  COMMENT 'the shop order (商城订单号)',
  out_trade_no    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                  COMMENT 'the payment attempt (商户订单号)',
  out_refund_no   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                  COMMENT 'the refund, if it is about one (商户退款单号)',
  event           VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                  COMMENT 'what happened (事件)',
  from_state      VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                  COMMENT 'state before (原状态)',
  to_state        VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                  COMMENT 'state after (新状态)',
  actor           VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
                  COMMENT 'who: buyer, wechat-notify, wechat-query, merchant:NAME … (操作者)',
  detail          VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
                  COMMENT 'a sentence for a person (说明)',
  notification_id BIGINT NULL
                  COMMENT 'the stored message that proves it (凭证)',
  request_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                  COMMENT 'the request that did it, as in the log (请求编号)',
  PRIMARY KEY (id),
  KEY by_order (merchant, order_no, id)
) ENGINE = InnoDB COMMENT = 'append-only history (流水)';
