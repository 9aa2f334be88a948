-- product: analytics.suspected-fraud
-- title: Cards that somebody tries out
-- shows: sessions, HAVING, a product that triggers an application
-- inputs: shop.payments
--
-- Five and more payments below 3 EUR by one card, each within ten seconds of the one before: somebody finds out whether a
-- stolen card still works. Each case comes once, when it is over, and an application reads it and blocks the card.
SELECT card, count(*) AS payments, sum(amount) AS amount, min(paid) AS first_payment, max(paid) AS last_payment, window_end
FROM SESSION(shop.payments, paid, INTERVAL '10' SECOND)
WHERE amount < 3
GROUP BY card, window_start, window_end
HAVING count(*) >= 5
