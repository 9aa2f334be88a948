-- window: window_end
SELECT auction, bidder, price, date_time, extra, window_end
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price DESC, date_time, auction, bidder) AS n
  FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(date_time), INTERVAL '10' SECOND))
) AS b
WHERE n <= 1
