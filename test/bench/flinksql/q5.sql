-- window: window_end
WITH counts AS (
  SELECT auction, COUNT(*) AS num, window_start, window_end
  FROM TABLE(HOP(TABLE bid, DESCRIPTOR(date_time), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
  GROUP BY auction, window_start, window_end
)
SELECT c.auction, c.num, c.window_start, c.window_end
FROM counts AS c
JOIN (
  SELECT MAX(num) AS most, window_start, window_end
  FROM counts
  GROUP BY window_start, window_end
) AS m ON m.window_start = c.window_start AND m.window_end = c.window_end AND c.num >= m.most
