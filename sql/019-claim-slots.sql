-- An order that names no payer belongs to the first who asks to pay it. So that one buyer cannot claim
-- them all, each open attempt on such an order has one of its payer's 20 slots; the unique key gives a
-- slot to one of those who want it, on whichever machine. Attempts from before this have none.
ALTER TABLE payment
  ADD COLUMN claim_slot INT NULL
    COMMENT 'which of the payer''s 20 slots for orders that name no payer the attempt took (占用的名额); NULL: the order named its payer',
  ADD COLUMN open_claim_slot INT AS (IF(state IN ('created', 'unpaid'), claim_slot, NULL)) PERSISTENT
    COMMENT 'the slot while the attempt is created or unpaid; paying and closing free it (未结束时占用的名额)',
  ADD UNIQUE KEY one_attempt_per_claim_slot (merchant, openid, open_claim_slot);
