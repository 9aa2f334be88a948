-- Average price for a category: of the highest bids of all auctions.
SELECT q.category, avg(q.final) AS average
FROM (
  SELECT a.id, a.category, max(b.price) AS final
  FROM nexmark.bid AS b
  JOIN nexmark.auction AS a ON a.id = b.auction
  WHERE b.date_time BETWEEN a.date_time AND a.expires
  GROUP BY a.id, a.category
) AS q
GROUP BY q.category
