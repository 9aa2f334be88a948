-- key: category
-- whole: average
SELECT q.category, AVG(q.final) AS average
FROM (
  SELECT a.id, a.category, MAX(b.price) AS final
  FROM bid AS b
  JOIN auction AS a ON a.id = b.auction
  WHERE b.date_time BETWEEN a.date_time AND a.expires
  GROUP BY a.id, a.category
) AS q
GROUP BY q.category
