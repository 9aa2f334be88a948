SELECT id, name, e - INTERVAL '10 seconds', e
FROM (SELECT id, name, time_bucket(INTERVAL '10 seconds', date_time) + INTERVAL '10 seconds' AS e FROM person), mark
WHERE e <= mark AND (id, e) IN (SELECT (seller, time_bucket(INTERVAL '10 seconds', date_time) + INTERVAL '10 seconds') FROM auction)
