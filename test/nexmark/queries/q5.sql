-- Hot items: the auctions with most bids in the last ten seconds, every two.
WITH counts AS (
  SELECT auction, count(*) AS num, window_start, window_end
  FROM HOP(nexmark.bid, date_time, INTERVAL '2' SECOND, INTERVAL '10' SECOND)
  GROUP BY auction, window_start, window_end
)
SELECT c.auction, c.num, c.window_start, c.window_end
FROM counts AS c
JOIN (
  SELECT max(num) AS most, window_start, window_end
  FROM counts
  GROUP BY window_start, window_end
) AS m ON m.window_start = c.window_start AND m.window_end = c.window_end AND c.num >= m.most
