SELECT symbol, side, price, quantity, price * quantity, account, t.userid, regionid, gender
FROM stocktrades AS t ASOF JOIN users_at AS u ON u.userid = t.userid AND t.epoch >= u.epoch
WHERE price > 500 AND quantity > 2500
