-- product: analytics.most-popular-stock
-- title: The most popular stock
-- shows: windows, the first row of each
-- inputs: execution.stocktrades
--
-- Which stock was traded most in each minute. A minute comes once, when it is over.
SELECT window_start, window_end, symbol, trades, quantity
FROM (
  SELECT *, row_number() OVER (PARTITION BY window_start, window_end ORDER BY trades DESC, quantity DESC, symbol) AS place
  FROM (
    SELECT symbol, count(*) AS trades, sum(quantity) AS quantity, window_start, window_end
    FROM TUMBLE(execution.stocktrades, _timestamp, INTERVAL '1' MINUTE)
    GROUP BY symbol, window_start, window_end
  ) AS minutes
) AS places
WHERE place = 1
