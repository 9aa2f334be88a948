-- product: analytics.us-enriched-stock-trades
-- title: Trades of one region
-- shows: a condition on the table of a join, a mask
-- inputs: execution.stocktrades, membership.users
--
-- The trades of the people of one region only. Who traded is masked: equal users stay equal, and nobody reads who they
-- are.
SELECT t.symbol, t.side, t.price, t.quantity, u.regionid, mask_hash(t.userid) AS trader
FROM execution.stocktrades AS t
JOIN membership.users AS u ON u.userid = t.userid
WHERE u.regionid = 'Region_1'
