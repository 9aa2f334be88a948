WITH finals AS (
  SELECT auction, max(price) AS final, any_value(category) AS category
  FROM bid, auction
  WHERE auction.id = bid.auction AND bid.date_time BETWEEN auction.date_time AND auction.expires AND auction.epoch <= bid.epoch
  GROUP BY auction
), average AS (
  -- millionths, rounded
  SELECT category, (sum(final)::hugeint * 2000000 + count(*)) // (2 * count(*)) AS m FROM finals GROUP BY category
)
SELECT category, (m // 1000000)::varchar || '.' || lpad((m % 1000000)::varchar, 6, '0') FROM average
