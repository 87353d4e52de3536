-- Who changed a release, and each release's last change.

-- The name of the key that asked for the change; null before keys had names, and for what the gateway changes itself.
ALTER TABLE release_change ADD COLUMN key_name TEXT;

-- Its last change in release_change; null if that was before this column.
ALTER TABLE release ADD COLUMN revision INTEGER;
