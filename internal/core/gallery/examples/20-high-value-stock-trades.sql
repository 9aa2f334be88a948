-- product: analytics.high-value-stock-trades
-- title: High value trades
-- shows: a stream joined with a table
-- inputs: execution.stocktrades, membership.users
--
-- Trades above 500 EUR a share and 2,500 shares, each with where the trader lives at that moment. Every record of the
-- result says which trade and which record of the user it was made of.
SELECT t.symbol, t.side, t.price, t.quantity, t.price * t.quantity AS value, t.account, u.userid, u.regionid, u.gender
FROM execution.stocktrades AS t
JOIN membership.users AS u ON u.userid = t.userid
WHERE t.price > 500 AND t.quantity > 2500
