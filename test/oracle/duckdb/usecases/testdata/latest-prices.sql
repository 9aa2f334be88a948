SELECT symbol, bid, ask, ask - bid, CAST(round(CAST(bid + ask AS double) / 2, 3) AS decimal(15, 3)), quoted
FROM quotes
QUALIFY row_number() OVER (PARTITION BY symbol ORDER BY quoted DESC) = 1
