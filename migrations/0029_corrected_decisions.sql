-- A document whose user is decided about anew, or whose decision is corrected, waits for the job to count from there.
CREATE TRIGGER identification_decided_anew AFTER UPDATE OF kyc_decided_at ON user_account
WHEN NEW.kyc_decided_at IS NOT OLD.kyc_decided_at BEGIN
  UPDATE user_file SET delete_after = NULL
  WHERE user_id = NEW.id AND kind IN ('passport', 'address_proof', 'selfie');
END;
