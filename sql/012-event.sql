-- What the shop is to be told, in the order in which it happened to each of its orders. Written in
-- the transaction of the change itself; rows are only ever added.
CREATE TABLE event (
  merchant        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                  COMMENT 'name of the merchant in the configuration (商户)',
  order_no        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                  COMMENT 'the shop order (商城订单号)',
  seq             BIGINT NOT NULL
                  COMMENT 'counts the order''s events from 1 without gaps (序号)',
  event           VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                  COMMENT 'paid, closed, refund_applied … (事件)',
  at              BIGINT NOT NULL
                  COMMENT 'microseconds since 1970 UTC (时间)',
  out_trade_no    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                  COMMENT 'the payment attempt it is about (商户订单号)',
  out_refund_no   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                  COMMENT 'the refund, if it is about one (商户退款单号)',
  notification_id BIGINT NULL
                  COMMENT 'the stored message that proves it (凭证)',
  PRIMARY KEY (merchant, order_no, seq)
) ENGINE = InnoDB COMMENT = 'what the shop is told (商城事件)';
-- How far the telling of an event has come on one channel; no row: not tried yet.
CREATE TABLE delivery (
  merchant VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
           COMMENT 'name of the merchant in the configuration (商户)',
  order_no VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
           COMMENT 'the shop order (商城订单号)',
  seq      BIGINT NOT NULL
           COMMENT 'number of the event within the order (序号)',
  channel  VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
           COMMENT 'webhook, relay or shop_tables (通道)',
  state    VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
           COMMENT 'pending, delivered or dead (状态)',
  attempts INT NOT NULL
           COMMENT 'how often it was tried in vain (失败次数)',
  since    BIGINT NOT NULL
           COMMENT 'when it was first tried, microseconds since 1970 UTC (首次尝试时间)',
  at       BIGINT NOT NULL
           COMMENT 'when it was last tried, microseconds since 1970 UTC (最近尝试时间)',
  remark   VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
           COMMENT 'why it did not arrive (失败原因)',
  PRIMARY KEY (merchant, order_no, seq, channel),
  KEY by_state (merchant, state, at),
  CONSTRAINT known_delivery_state CHECK (state IN ('pending', 'delivered', 'dead'))
) ENGINE = InnoDB COMMENT = 'deliveries to the shop (投递)';
-- An encrypted message does not show its refund to SQL, and is relayed by it.
ALTER TABLE notification
  ADD COLUMN out_refund_no VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
    COMMENT 'the refund it names (商户退款单号)';
