SELECT name, city, state, auction.id
FROM auction, person
WHERE auction.seller = person.id AND category = 10 AND state IN ('OR', 'ID', 'CA')
