-- What the shop wants to be paid for: the only source of an amount.
--
-- A site that keeps its orders in a table of its own may drop this table and define a view of the
-- same name and columns over it; the gateway only reads it, unless the merchant API creates orders.
CREATE TABLE shop_order (
  merchant    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
              COMMENT 'name of the merchant in the configuration (商户)',
  order_no    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
              COMMENT 'the shop''s order number (商户订单号), 6 to 32 characters',
  openid      VARCHAR(128) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
              COMMENT 'the only payer allowed (用户标识); NULL: the first payer takes the order',
  total_fee   BIGINT NOT NULL
              COMMENT 'order total in fen (订单总金额，分), 1 to 999999999',
  body        VARCHAR(127) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
              COMMENT 'what the buyer reads in WeChat (商品描述), at most 127 bytes',
  attach      VARCHAR(127) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
              COMMENT 'returned unchanged by WeChat (附加数据), at most 127 bytes',
  detail      TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
              COMMENT 'goods detail as JSON text (商品详情), at most 6000 bytes',
  expires_at  BIGINT NULL
              COMMENT 'last moment to pay (交易结束时间), microseconds since 1970 UTC; NULL: WeChat''s limit',
  created_at  BIGINT NOT NULL
              COMMENT 'microseconds since 1970 UTC (创建时间)',
  PRIMARY KEY (merchant, order_no),
  KEY by_time (merchant, created_at, order_no),
  CONSTRAINT payable CHECK (total_fee BETWEEN 1 AND 999999999)
) ENGINE = InnoDB COMMENT = 'shop orders (商城订单)';
