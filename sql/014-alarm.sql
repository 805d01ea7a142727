-- What a person must look at: one row for each contradiction, written in the transaction of its
-- journal line. It is open until a person resolves it, or until what it tells of is over.
CREATE TABLE alarm (
  id            BIGINT NOT NULL AUTO_INCREMENT
                COMMENT 'number of the alarm (编号)',
  merchant      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                COMMENT 'name of the merchant in the configuration (商户)',
  order_no      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                COMMENT 'the shop order; of an unknown one, the number that WeChat names (商城订单号)',
  out_trade_no  VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                COMMENT 'the payment attempt (商户订单号)',
  out_refund_no VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
                COMMENT 'the refund, if it is about one (商户退款单号)',
  kind          VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                COMMENT 'late_payment, second_payment, unknown_order … (告警类型)',
  detail        VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
                COMMENT 'what happened and what to do, as in the journal (说明)',
  digest        BINARY(32) NOT NULL
                COMMENT 'SHA-256 of kind, attempt, refund and detail: the same alarm is one row (摘要)',
  raised_at     BIGINT NOT NULL
                COMMENT 'microseconds since 1970 UTC (告警时间)',
  resolved_at   BIGINT NULL
                COMMENT 'microseconds since 1970 UTC (处理时间); NULL: open',
  resolved_by   VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
                COMMENT 'who resolved it: operator:NAME, merchant:NAME, wechat-query … (处理人)',
  note          VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
                COMMENT 'how it was resolved (处理说明)',
  PRIMARY KEY (id),
  UNIQUE KEY raised_once (merchant, order_no, digest),
  KEY by_state (merchant, resolved_at, raised_at, id),
  KEY by_time (merchant, raised_at, id)
) ENGINE = InnoDB COMMENT = 'alarms for a person (告警)';
-- What was raised before there were rows for it. Alarms about refunds are over when the refund is.
INSERT IGNORE INTO alarm (merchant, order_no, out_trade_no, out_refund_no, kind, detail, digest,
  raised_at)
SELECT j.merchant, j.order_no, j.out_trade_no, j.out_refund_no, j.event, j.detail,
  UNHEX(SHA2(CONCAT_WS('\n', j.event, COALESCE(j.out_trade_no, ''), COALESCE(j.out_refund_no, ''),
    j.detail), 256)), j.at
FROM journal j
WHERE j.event IN ('late_payment', 'second_payment', 'amount_mismatch', 'currency_mismatch',
    'payer_mismatch', 'transaction_mismatch', 'transaction_reused', 'unknown_order',
    'foreign_merchant', 'refund_mismatch')
  OR j.event = 'refund_overlap' AND EXISTS (SELECT 1 FROM payment p WHERE p.merchant = j.merchant
    AND p.out_trade_no = j.out_trade_no AND p.reserved_fee > p.total_fee)
ORDER BY j.id;
INSERT IGNORE INTO alarm (merchant, order_no, out_trade_no, out_refund_no, kind, detail, digest,
  raised_at)
SELECT j.merchant, j.order_no, j.out_trade_no, j.out_refund_no, 'refund_abnormal', j.detail,
  UNHEX(SHA2(CONCAT_WS('\n', 'refund_abnormal', COALESCE(j.out_trade_no, ''),
    COALESCE(j.out_refund_no, ''), j.detail), 256)), j.at
FROM journal j JOIN refund r ON r.merchant = j.merchant AND r.out_refund_no = j.out_refund_no
WHERE j.to_state = 'abnormal' AND r.state = 'abnormal'
ORDER BY j.id;
-- The number that a buyer reads out may be WeChat's number of the refund.
ALTER TABLE refund ADD KEY by_refund_id (merchant, refund_id);
-- Where a caller's request came from, as nginx says.
ALTER TABLE journal
  ADD COLUMN client_address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
    COMMENT 'address of the client (客户端地址); NULL: not in a request';
