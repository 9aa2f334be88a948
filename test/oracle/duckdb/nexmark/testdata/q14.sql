SELECT auction, bidder, CAST(0.908 * price AS decimal(38, 3)),
  CASE WHEN hour(date_time) BETWEEN 8 AND 18 THEN 'dayTime' WHEN hour(date_time) IN (7, 19) THEN 'otherTime' ELSE 'nightTime' END,
  date_time, extra, len(list_filter(string_split(extra, ''), x -> x = 'c'))
FROM bid
WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000
