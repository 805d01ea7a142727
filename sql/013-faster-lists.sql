-- All refunds of a merchant are listed by time; without this each page sorts them all.
ALTER TABLE refund ADD KEY by_time (merchant, applied_at, out_refund_no);
-- Whoever takes duties of one kind does not walk past those of another that wait by the thousand,
-- as when a shop cannot be told anything.
ALTER TABLE duty ADD KEY by_kind (kind, done_at, due_at), DROP KEY by_due;
