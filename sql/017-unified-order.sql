-- What is known of the calls that place an attempt at WeChat (统一下单), beside its state: whether WeChat
-- may have it although no prepay_id came, and what it was refused with.
ALTER TABLE payment
  ADD COLUMN unanswered INT NOT NULL DEFAULT 1
      COMMENT 'sends of which WeChat may have taken one; 0 while created: it never took it (未得到答复的下单次数)',
  ADD COLUMN answer_until BIGINT NOT NULL DEFAULT 0
      COMMENT 'until when a send may still arrive, microseconds since 1970 UTC (在途截止时间)',
  ADD COLUMN refusal VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
      COMMENT 'what the buyer was told when WeChat last refused it: code and sentence (下单被拒的答复)',
  ADD COLUMN refused_until BIGINT NOT NULL DEFAULT 0
      COMMENT 'until when the same is told without asking WeChat, microseconds since 1970 UTC (重复答复截止时间)';
-- When WeChat was last asked about an order without an attempt: an old program may have placed it.
CREATE TABLE order_query (
  merchant   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
             COMMENT 'name of the merchant in the configuration (商户)',
  order_no   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
             COMMENT 'the shop order (商城订单号)',
  queried_at BIGINT NOT NULL
             COMMENT 'microseconds since 1970 UTC (上次查单)',
  PRIMARY KEY (merchant, order_no)
) ENGINE = InnoDB COMMENT = 'questions about orders without an attempt (无支付单的查单)';
