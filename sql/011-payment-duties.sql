-- Attempts that were open before there were duties: WeChat is asked about them, too.
INSERT IGNORE INTO duty (kind, merchant, subject, due_at)
SELECT 'payment', merchant, out_trade_no, 0 FROM payment WHERE state IN ('created', 'unpaid');
