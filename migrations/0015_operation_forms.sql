-- Other texts under which `safelist` finds an operation: its normal form, and those with the `__typename` fields of
-- client caches. A release carries the operation, and with it the forms.

CREATE TABLE operation_form (
  -- sha256:<hex> of the form's text.
  id TEXT NOT NULL,
  operation_id TEXT NOT NULL,
  -- JSON: the whole record that runs; null where the operation itself runs.
  registered TEXT,
  PRIMARY KEY (id, operation_id)
) WITHOUT ROWID;

CREATE INDEX operation_form_operation ON operation_form (operation_id);

-- The version of the rules by which the forms were made. Older operations have none yet; a job makes them.
ALTER TABLE operation ADD COLUMN forms_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX operation_forms_version ON operation (forms_version);
