-- product: analytics.pageviews-by-user
-- title: Page views of each user
-- shows: a count for ever, a table
-- inputs: edge.pageviews
--
-- How many pages each user looked at, how many different ones, and when last.
SELECT userid, count(*) AS views, count(DISTINCT pageid) AS pages, max(viewtime) AS last_view
FROM edge.pageviews
GROUP BY userid
