SELECT arg_max(auction, o), arg_max(bidder, o), max(price), arg_max(date_time, o), arg_max(extra, o), e
FROM (
  SELECT *, time_bucket(INTERVAL '10 seconds', date_time) + INTERVAL '10 seconds' AS e, (price, -epoch_us(date_time), -auction, -bidder) AS o
  FROM bid
), mark
WHERE e <= mark
GROUP BY e
