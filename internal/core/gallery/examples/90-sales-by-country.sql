-- product: analytics.sales-by-country
-- title: What was sold in each country
-- shows: sums over a join, a table
-- inputs: shop.orders, shop.customers
--
-- Orders, what they cost together, and what one costs on average, by the country in which the customer lived when the order
-- came.
SELECT c.country, count(*) AS orders, sum(o.total) AS total, round(avg(o.total), 2) AS average
FROM shop.orders AS o
JOIN shop.customers AS c ON c.customerid = o.customerid
GROUP BY c.country
