-- A token that was made with another: it ends with that one.
ALTER TABLE token ADD COLUMN made_with uuid REFERENCES token ON DELETE SET NULL;
CREATE INDEX token_made_with ON token (made_with) WHERE made_with IS NOT NULL;
