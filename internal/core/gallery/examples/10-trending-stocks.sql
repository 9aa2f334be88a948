-- product: analytics.trending-stocks
-- title: Trending stocks
-- shows: groups by time, a table
-- inputs: execution.stocktrades
--
-- How many shares of each symbol are traded in each quarter of an hour. The result is a table by symbol and quarter:
-- its row changes with every trade, so the quarter that runs is there from its first trade on.
SELECT symbol,
  date_bin(INTERVAL '15' MINUTE, _timestamp, '2026-01-01'::timestamp) AS window_start,
  sum(quantity) AS quantity,
  count(*) AS trades
FROM execution.stocktrades
GROUP BY symbol, date_bin(INTERVAL '15' MINUTE, _timestamp, '2026-01-01'::timestamp)
