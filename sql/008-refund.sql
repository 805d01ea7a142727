-- One row is one refund: one out_refund_no, one amount, one set of parameters.
CREATE TABLE refund (
  merchant       VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                 COMMENT 'name of the merchant in the configuration (商户)',
  out_refund_no  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                 COMMENT 'the number WeChat knows the refund by (商户退款单号)',
  order_no       VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                 COMMENT 'the shop order (商城订单号)',
  out_trade_no   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                 COMMENT 'the payment that is given back (商户订单号)',
  transaction_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                 COMMENT 'WeChat''s number of that payment (微信支付订单号)',
  total_fee      BIGINT NOT NULL
                 COMMENT 'what was paid, in fen (订单总金额，分)',
  applied_fee    BIGINT NOT NULL
                 COMMENT 'what was applied for, in fen (申请退款金额，分)',
  refund_fee     BIGINT NOT NULL
                 COMMENT 'what is reserved and given back, in fen (退款金额，分)',
  kind           VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                 COMMENT 'unshipped, returned or vendor_platform (退款类型)',
  state          VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                 COMMENT 'applied, awaiting_goods, approved, sending, processing … (状态)',
  reason         VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
                 COMMENT 'why it is wanted (退款原因)',
  review_reason  VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
                 COMMENT 'why the merchant decided so (审核说明)',
  wait           VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                 COMMENT 'what it waits for while it is under way (等待原因)',
  remark         VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
                 COMMENT 'what a person should know of the last attempt (备注)',
  parameters     TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
                 COMMENT 'the parameters of refund, sent exactly so every time (申请退款参数)',
  sends          INT NOT NULL DEFAULT 0
                 COMMENT 'how often it was sent, counted before each send (发送次数)',
  unanswered     TINYINT NOT NULL DEFAULT 0
                 COMMENT '1 while a send may be under way whose answer is not known (结果未知)',
  refund_id      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                 COMMENT 'WeChat''s number (微信退款单号)',
  request_key    VARCHAR(128) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                 COMMENT 'whose repetition answers as before (幂等键)',
  applied_at     BIGINT NOT NULL
                 COMMENT 'microseconds since 1970 UTC (申请时间)',
  succeeded_at   BIGINT NULL
                 COMMENT 'when WeChat gave the money back, microseconds since 1970 UTC (退款成功时间)',
  version        BIGINT NOT NULL DEFAULT 1
                 COMMENT 'rises with each change (版本)',
  PRIMARY KEY (merchant, out_refund_no),
  UNIQUE KEY one_row_per_request (merchant, request_key),
  KEY by_order (merchant, order_no, applied_at),
  KEY by_state (merchant, state, applied_at, out_refund_no),
  CONSTRAINT known_refund_state CHECK (state IN ('applied', 'awaiting_goods', 'approved', 'sending',
    'processing', 'succeeded', 'closed', 'abnormal', 'rejected', 'withdrawn', 'refused')),
  CONSTRAINT refund_amount CHECK (refund_fee BETWEEN 1 AND applied_fee AND applied_fee <= total_fee),
  CONSTRAINT sent_as_recorded CHECK (sends = 0 OR parameters IS NOT NULL)
) ENGINE = InnoDB COMMENT = 'refunds (退款单)';
