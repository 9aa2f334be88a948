-- product: analytics.orders-enriched
-- title: Orders with their customers
-- shows: a stream joined with a table, fields within JSON
-- inputs: shop.orders, shop.customers
--
-- Every order with how the shop saw the customer when the order came, how many lines it has, and what stands on the first.
SELECT o.orderid, o.ordered, o.total, json_array_length(o.items) AS lines, o.items -> 0 ->> 'sku' AS first_sku, c.country, c.segment
FROM shop.orders AS o
JOIN shop.customers AS c ON c.customerid = o.customerid
