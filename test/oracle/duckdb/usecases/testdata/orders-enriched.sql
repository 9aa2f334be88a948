SELECT orderid, ordered, total, json_array_length(items), json_extract_string(items, '$[0].sku'), country, segment
FROM orders AS o ASOF JOIN customers_at AS c ON c.customerid = o.customerid AND o.epoch >= c.epoch
