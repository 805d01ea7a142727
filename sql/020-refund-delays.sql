-- What a person has to mend before a refund goes on, and since when: after an hour it is an alarm.
-- Unlike wait, it stays while the refund is sent once more.
ALTER TABLE refund
  ADD COLUMN held_by    VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL
    COMMENT 'funds, configuration or person: what it last waited for that a person mends (受阻原因)',
  ADD COLUMN held_since BIGINT NULL
    COMMENT 'since when it has been that, microseconds since 1970 UTC (受阻起始时间)';
UPDATE refund SET held_by = wait, held_since = CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)
WHERE state IN ('approved', 'sending', 'processing')
  AND wait IN ('funds', 'configuration', 'person');
