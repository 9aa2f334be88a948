//go:build race

package protobuf_test

// raceOn says that the race detector makes everything several times slower.
const raceOn = true
