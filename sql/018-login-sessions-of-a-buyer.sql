-- Few sessions of one buyer: a login ends the oldest ones.
ALTER TABLE login_session ADD KEY by_buyer (merchant, openid, created_at);
