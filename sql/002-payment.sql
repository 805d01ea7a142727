-- One row is one attempt to have an order paid: one out_trade_no, one set of parameters.
CREATE TABLE payment (
  merchant          VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                    COMMENT 'name of the merchant in the configuration (商户)',
  out_trade_no      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                    COMMENT 'the number WeChat knows the attempt by (商户订单号)',
  order_no          VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                    COMMENT 'the shop order that is being paid (商城订单号)',
  attempt           INT NOT NULL
                    COMMENT 'number of the attempt, from 1 (第几次下单)',
  state             VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                    COMMENT 'created, unpaid, paid or closed (状态)',
  openid            VARCHAR(128) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                    COMMENT 'the payer (用户标识); NULL: closed before anybody asked to pay',
  total_fee         BIGINT NOT NULL
                    COMMENT 'amount of this attempt in fen (订单总金额，分)',
  parameters        TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
                    COMMENT 'the parameters of unifiedorder, sent exactly so every time (统一下单参数)',
  prepay_id         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                    COMMENT 'opens the cashier (预支付交易会话标识)',
  prepay_expires_at BIGINT NULL
                    COMMENT 'end of its two hours (预支付会话失效时间), microseconds since 1970 UTC',
  transaction_id    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                    COMMENT 'WeChat''s number of the payment (微信支付订单号)',
  paid_at           BIGINT NULL
                    COMMENT 'when WeChat took the money (支付完成时间), microseconds since 1970 UTC',
  previous_state    VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                    COMMENT 'the state before the last change; closed, then paid: a late payment (上一状态)',
  closing           VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                    COMMENT 'merchant, replaced or wechat: who closed it (关单原因)',
  queried_at        BIGINT NOT NULL DEFAULT 0
                    COMMENT 'when WeChat was last asked, microseconds since 1970 UTC (上次查单)',
  created_at        BIGINT NOT NULL
                    COMMENT 'microseconds since 1970 UTC (创建时间)',
  PRIMARY KEY (merchant, out_trade_no),
  UNIQUE KEY one_row_per_attempt (merchant, order_no, attempt),
  UNIQUE KEY one_attempt_per_transaction (merchant, transaction_id),
  CONSTRAINT known_state CHECK (state IN ('created', 'unpaid', 'paid', 'closed')),
  CONSTRAINT paid_has_proof CHECK (state <> 'paid' OR (transaction_id IS NOT NULL AND paid_at IS NOT NULL)),
  CONSTRAINT unpaid_has_prepay CHECK (state <> 'unpaid' OR prepay_id IS NOT NULL)
) ENGINE = InnoDB COMMENT = 'payment attempts (支付单)';
