-- Why a merchant's calls are held back, and until when; a person can end it.
ALTER TABLE pace
  ADD COLUMN paused_until BIGINT NOT NULL DEFAULT 0
    COMMENT 'no call before, microseconds since 1970 UTC (暂停至)',
  ADD COLUMN pause_wait   VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
    COMMENT 'configuration or pace: what ends the pause (暂停原因)',
  ADD COLUMN pause_remark VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'what made it necessary, for a person (暂停说明)';
ALTER TABLE refund
  ADD COLUMN refusals INT NOT NULL DEFAULT 0
    COMMENT 'how often in a row WeChat has refused it for a reason that is not known here (连续被拒次数)';
-- How often a buyer may apply, and which refunds count against WeChat's 50.
ALTER TABLE payment
  MODIFY COLUMN refund_count INT NOT NULL DEFAULT 0
    COMMENT 'refunds that are approved or further on, and not withdrawn or refused; 50 at most (退款次数)',
  ADD COLUMN application_count INT NOT NULL DEFAULT 0
    COMMENT 'refunds that the buyer has applied for, ended ones included (买家申请退款次数)',
  ADD COLUMN applied_at BIGINT NOT NULL DEFAULT 0
    COMMENT 'when the buyer last applied, microseconds since 1970 UTC (最近申请时间)';
UPDATE payment SET refund_count = (SELECT COUNT(*) FROM refund r
  WHERE r.merchant = payment.merchant AND r.out_trade_no = payment.out_trade_no
    AND r.state IN ('approved', 'sending', 'processing', 'succeeded', 'closed', 'abnormal'));
-- What a token has refunded directly in a day.
CREATE TABLE refund_day (
  merchant   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
             COMMENT 'name of the merchant in the configuration (商户)',
  holder     VARCHAR(48) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
             COMMENT 'name of the token (令牌持有人)',
  day        INT NOT NULL
             COMMENT 'Beijing day as yyyymmdd (北京日期)',
  refund_fee BIGINT NOT NULL DEFAULT 0
             COMMENT 'sum of its direct refunds, in fen (直接退款合计，分)',
  is_alarmed TINYINT NOT NULL DEFAULT 0
             COMMENT '1 once the limit was reached and an alarm raised (已告警)',
  PRIMARY KEY (merchant, holder, day)
) ENGINE = InnoDB COMMENT = 'direct refunds per token and day (每日直接退款)';
