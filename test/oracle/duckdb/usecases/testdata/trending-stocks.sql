SELECT symbol, time_bucket(INTERVAL '15 minutes', _timestamp, TIMESTAMP '2026-01-01') AS w, CAST(sum(quantity) AS bigint), count(*)
FROM stocktrades
GROUP BY symbol, w
