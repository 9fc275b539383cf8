-- What hangs on a role in an organisation, and what changes one, is done one after the other. A statement of its own: one that looks for the
-- role, too, would see what was there when it began to wait. Nobody who publishes waits for it. $1 text: name
SELECT id FROM organisation WHERE name_key(name) = name_key($1) AND name = $1 FOR NO KEY UPDATE;
