-- What refunds hold of a payment. One guarded UPDATE of this row decides whether a refund fits.
ALTER TABLE payment
  ADD COLUMN reserved_fee BIGINT NOT NULL DEFAULT 0
    COMMENT 'sum of the refunds that are not rejected, withdrawn, refused or closed, in fen (已占用退款金额，分)',
  ADD COLUMN refund_count INT NOT NULL DEFAULT 0
    COMMENT 'refunds that WeChat has, or may come to have; 50 at most (退款次数)',
  ADD COLUMN refund_sent_no VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
    COMMENT 'the refund that was sent last (最近发送的退款单号)',
  ADD COLUMN refund_sent_at BIGINT NOT NULL DEFAULT 0
    COMMENT 'when it was sent, microseconds since 1970 UTC (最近发送时间)';
