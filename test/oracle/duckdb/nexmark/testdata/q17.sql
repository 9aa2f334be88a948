WITH days AS (
  SELECT auction, strftime(date_time, '%Y-%m-%d') AS day, count(*) AS n, sum(CASE WHEN price < 10000 THEN 1 ELSE 0 END) AS r1,
    sum(CASE WHEN price BETWEEN 10000 AND 999999 THEN 1 ELSE 0 END) AS r2, min(price) AS least, max(price) AS most, sum(price)::hugeint AS s
  FROM bid
  GROUP BY ALL
), average AS (
  SELECT *, (s * 2000000 + n) // (2 * n) AS m FROM days -- millionths, rounded
)
SELECT auction, day, n, r1, r2, n - r1 - r2, least, most, (m // 1000000)::varchar || '.' || lpad((m % 1000000)::varchar, 6, '0'), s FROM average
