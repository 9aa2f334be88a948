SELECT w, w + INTERVAL '1 minute', arg_max(symbol, o), arg_max(trades, o), arg_max(quantity, o)
FROM (
  SELECT time_bucket(INTERVAL '1 minute', _timestamp) AS w, symbol, count(*) AS trades, CAST(sum(quantity) AS bigint) AS quantity
  FROM stocktrades
  GROUP BY w, symbol
), LATERAL (SELECT (trades, quantity, -ascii(symbol)) AS o), mark
WHERE w + INTERVAL '1 minute' <= mark
GROUP BY w
