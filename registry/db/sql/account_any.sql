-- Whether there is any account yet.
SELECT EXISTS (SELECT FROM account) AS found;
