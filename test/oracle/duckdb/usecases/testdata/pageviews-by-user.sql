SELECT userid, count(*), count(DISTINCT pageid), max(viewtime)
FROM pageviews
GROUP BY userid
