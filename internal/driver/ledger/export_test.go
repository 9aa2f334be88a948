package ledger

// MetaSeal is for a test that writes a file of a newer format.
var MetaSeal = metaSeal
