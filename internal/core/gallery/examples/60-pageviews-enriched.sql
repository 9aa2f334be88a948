-- product: analytics.pageviews-enriched
-- title: Page views with who looked
-- shows: a left join, event time that goes on
-- inputs: edge.pageviews, membership.users
--
-- Every page view with the region and the gender of who looked. A view of somebody who is not known yet is there too,
-- without them.
SELECT v.viewtime, v.pageid, v.userid, u.regionid, u.gender
FROM edge.pageviews AS v
LEFT JOIN membership.users AS u ON u.userid = v.userid
