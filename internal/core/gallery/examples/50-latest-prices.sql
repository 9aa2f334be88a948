-- product: analytics.latest-prices
-- title: The latest price of each share
-- shows: the newest record of each key, as a table
-- inputs: execution.quotes
--
-- A price feed as a table: the latest bid and ask by symbol, what lies between them, and the price in the middle. Who reads
-- it from the beginning has the price of every share, and then each change.
SELECT symbol, bid, ask, ask - bid AS spread, round((bid + ask) / 2, 3) AS middle, quoted
FROM (
  SELECT *, row_number() OVER (PARTITION BY symbol ORDER BY quoted DESC) AS n FROM execution.quotes
) AS newest
WHERE n = 1
