-- What the shop is told of a payment is what was found when it was recorded.
ALTER TABLE event
  ADD COLUMN order_fee BIGINT NULL
    COMMENT 'what the order cost in shop_order when its payment was recorded, in fen (当时的订单金额，分); NULL: unknown',
  ADD COLUMN alarms VARCHAR(255) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL DEFAULT ''
    COMMENT 'alarms that the payment raised, separated by commas (告警)';
-- Orders whose row the shop has removed are listed by the time of their first attempt.
ALTER TABLE payment ADD KEY by_time (merchant, created_at, order_no);
-- What was refunded of an order is summed up without reading all refunds that it ever had.
ALTER TABLE refund ADD KEY by_order_state (merchant, order_no, state, refund_fee);
-- Whether an order's history tells something already is found without reading all of it.
ALTER TABLE journal ADD KEY by_order_event (merchant, order_no, event);
