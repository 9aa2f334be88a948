SELECT symbol, side, price, quantity, regionid, sha256(t.userid)
FROM stocktrades AS t ASOF JOIN users_at AS u ON u.userid = t.userid AND t.epoch >= u.epoch
WHERE regionid = 'Region_1'
