SELECT auction, bidder, price, channel, id
FROM (
  SELECT *, CASE channel WHEN 'Apple' THEN '0' WHEN 'Google' THEN '1' WHEN 'Facebook' THEN '2' WHEN 'Baidu' THEN '3'
    ELSE nullif(regexp_extract(url, '&channel_id=([0-9]+)$', 1), '') END AS id
  FROM bid
)
WHERE id IS NOT NULL
