-- $1 text: actor, $2 text: action, $3 text: subject, $4 jsonb: detail, $5 text: ip
INSERT INTO audit_event (actor, action, subject, detail, ip) VALUES ($1, $2, $3, $4::jsonb, $5);
