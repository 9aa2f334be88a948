WITH ends AS (
  SELECT unnest([time_bucket(INTERVAL '2 seconds', date_time) + i * INTERVAL '2 seconds' FOR i IN range(1, 6)]) AS e, auction
  FROM bid
), counts AS (
  SELECT auction, e, count(*) AS num FROM ends, mark WHERE e <= mark GROUP BY auction, e
)
SELECT auction, num, e - INTERVAL '10 seconds', e FROM counts
QUALIFY num = max(num) OVER (PARTITION BY e)
