SELECT country, n, total, CAST(((20000 * cents + n) // (2 * n) + 5000) // 10000 AS decimal(30, 0)) * 0.01::decimal(3, 2)
FROM (
  SELECT country, count(*) AS n, sum(total) AS total, CAST(sum(CAST(100 * total AS bigint)) AS bigint) AS cents
  FROM orders AS o ASOF JOIN customers_at AS c ON c.customerid = o.customerid AND o.epoch >= c.epoch
  GROUP BY country
)
