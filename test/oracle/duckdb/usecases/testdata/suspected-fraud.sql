SELECT card, count(*) AS payments, sum(amount), min(paid), max(paid), max(paid) + INTERVAL '10 seconds' AS e
FROM (
  SELECT *, sum(fresh) OVER (PARTITION BY card ORDER BY paid, n) AS run
  FROM (
    SELECT *, CASE WHEN paid - lag(paid) OVER (PARTITION BY card ORDER BY paid, n) < INTERVAL '10 seconds' THEN 0 ELSE 1 END AS fresh
    FROM payments
    WHERE amount < 3
  )
), mark
GROUP BY card, run, mark
HAVING payments >= 5 AND e <= mark
