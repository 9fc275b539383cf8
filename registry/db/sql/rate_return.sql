-- Takes one attempt back. $1 text: key
UPDATE rate_limit SET used = greatest(used - 1, 0) WHERE key = $1;
