//go:build !race

package protobuf_test

const raceOn = false
