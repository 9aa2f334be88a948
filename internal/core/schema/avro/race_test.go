//go:build race

package avro_test

// slower is how much longer things take with the race detector.
const slower = 10
