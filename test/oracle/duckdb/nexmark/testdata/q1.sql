SELECT auction, bidder, CAST(0.908 * price AS decimal(38, 3)), date_time, extra FROM bid
