SELECT auction, bidder, price, channel, url, bid.date_time, bid.extra, item_name, description, initial_bid, reserve, auction.date_time, expires, seller,
  category, auction.extra
FROM bid, auction
WHERE auction.id = bid.auction AND category = 10 AND auction.epoch <= bid.epoch
