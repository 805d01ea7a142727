-- Work that is due later. A worker takes a duty by a guarded UPDATE of its lease.
CREATE TABLE duty (
  id          BIGINT NOT NULL AUTO_INCREMENT
              COMMENT 'number of the duty (编号)',
  kind        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
              COMMENT 'what is to be done (待办类型)',
  merchant    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
              COMMENT 'for which merchant (商户)',
  subject     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
              COMMENT 'the attempt or refund it is about (对象)',
  due_at      BIGINT NOT NULL
              COMMENT 'not before, microseconds since 1970 UTC (到期时间)',
  attempt     INT NOT NULL DEFAULT 0
              COMMENT 'how often it was begun (第几次)',
  lease       BIGINT NOT NULL DEFAULT 0
              COMMENT 'rises with each taking: a worker with an old one is too late (租约号)',
  lease_until BIGINT NOT NULL DEFAULT 0
              COMMENT 'end of the present lease, microseconds since 1970 UTC (租约到期)',
  done_at     BIGINT NULL
              COMMENT 'microseconds since 1970 UTC (完成时间); NULL: still due',
  PRIMARY KEY (id),
  UNIQUE KEY one_duty_per_subject (kind, merchant, subject),
  KEY by_due (done_at, due_at)
) ENGINE = InnoDB COMMENT = 'work due later (待办)';
