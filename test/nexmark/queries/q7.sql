-- Highest bid: of each ten seconds.
SELECT auction, bidder, price, date_time, extra, window_end
FROM (
  SELECT *, row_number() OVER (PARTITION BY window_start, window_end ORDER BY price DESC, date_time, auction, bidder) AS n
  FROM TUMBLE(nexmark.bid, date_time, INTERVAL '10' SECOND)
) AS b
WHERE n = 1
