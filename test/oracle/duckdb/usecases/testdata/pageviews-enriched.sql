SELECT viewtime, pageid, v.userid, regionid, gender
FROM pageviews AS v ASOF LEFT JOIN users_at AS u ON u.userid = v.userid AND v.epoch >= u.epoch
