-- A contract wallet's owner on one chain need not be its owner on another: others may deploy a contract at its address
-- there. The chain whose contract the wallet was linked by; null if its key signed, which is the same on every chain.
ALTER TABLE user_wallet ADD COLUMN contract_chain_id INTEGER;
